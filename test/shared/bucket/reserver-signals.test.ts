import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { createReserver } from '../../../shared/bucket/reserver.ts';
import { exactClock } from '../../fakes/fake-clock.ts';
import { memoryBucketStore } from '../../fakes/memory-bucket-store.ts';

const limits = new Map([['a', { tokensPerMinute: 1000, requestsPerMinute: 1000, requestWindowSeconds: 10, share: 1 }]]);

test('a reservation leaves nothing on a signal that outlives it', async () => {
  const clock = exactClock({ now: () => 1000, sleep: async () => undefined });
  const reserver = createReserver({ clock, store: memoryBucketStore(), random: () => 0.5, limits });
  const { signal } = new AbortController();

  const turn = await reserver.awaitStart({ bucketId: 'a', cost: 10 }, signal);

  assert.equal(turn.kind, 'start');
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
