import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PumpHand } from '../../../shared/pipeline/pump-hand.ts';
import type { ReceivedMessage } from '../../../shared/pools/job-queue.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { memoryJobQueue } from '../../fakes/memory-job-queue.ts';

async function messages(count: number): Promise<readonly ReceivedMessage[]> {
  const queue = memoryJobQueue(fakeClock());
  for (let index = 0; index < count; index += 1) {
    queue.put('jobs', index);
  }
  return queue.receive('jobs', count, 0);
}

test('a hand knows what it holds, queue by queue, until the work on it has ended', async () => {
  const hand = new PumpHand();
  const [first, second, third] = await messages(3);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const works = [0, 1, 2].map(() => Promise.withResolvers<void>());
  hand.take('a', first, async () => works[0]?.promise);
  hand.take('a', second, async () => works[1]?.promise);
  hand.take('b', third, async () => works[2]?.promise);
  assert.deepEqual([hand.size, hand.pulled, hand.ended], [3, 3, 0]);
  assert.deepEqual(hand.held().get('a'), new Set(['1', '2']));
  assert.deepEqual(hand.held().get('b'), new Set(['3']));

  works[0]?.resolve();
  works[2]?.resolve();
  await new Promise(setImmediate);

  assert.deepEqual([hand.size, hand.pulled, hand.ended], [1, 3, 2]);
  assert.deepEqual(hand.held().get('a'), new Set(['2']));
  works[1]?.resolve();
  await hand.settled();
  assert.equal(hand.size, 0);
});

test('waiting for a hand waits for all of it, and an empty one is settled at once', async () => {
  const hand = new PumpHand();
  await hand.settled();
  const [message] = await messages(1);
  assert.ok(message !== undefined);
  const work = Promise.withResolvers<void>();
  hand.take('a', message, async () => work.promise);
  let isSettled = false;
  const settled = hand.settled().then(() => {
    isSettled = true;
  });
  await new Promise(setImmediate);
  assert.equal(isSettled, false);

  work.resolve();
  await settled;

  assert.equal(hand.ended, 1);
});
