import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketLimits } from '../../../shared/bucket/bucket-limits.ts';
import { type BucketState, openBucket } from '../../../shared/bucket/bucket-state.ts';
import { OthersMeter } from '../../../shared/bucket/others-meter.ts';
import { ServiceWords } from '../../../shared/bucket/service-words.ts';
import { planSlice } from '../../../shared/bucket/plan-slice.ts';
import { DeploymentLimiter } from '../../../local/azure-openai/limits/deployment-limiter.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';
import { memoryBucketStore } from '../../fakes/memory-bucket-store.ts';

const limits: BucketLimits = { tokensPerMinute: 100_000, requestsPerMinute: 6000, requestWindowSeconds: 10, share: 1 };
const startMs = 1_800_000_000_000;

interface Setting {
  readonly window: 'sliding' | 'fixed';
  /** What others take, as a part of the limit. */
  readonly others: number;
  /** What the service counts for each token that we estimate. */
  readonly factor: number;
  /** When the others stop, in minutes. */
  readonly stopAfter?: number;
}

/** Half the quota is used for some minutes, a job of 500 tokens every 600 ms, and others take their part evenly. */
async function run({ window, others, factor, stopAfter = Infinity }: Setting, minutes = 4) {
  const limiter = new DeploymentLimiter({
    shape: { tokenWindow: window, tokenWindowMs: 60_000, requestWindowSeconds: 10, countsThrottled: 'nowhere' },
    limits,
    lowered: [],
    neighbour: undefined,
    startedAt: startMs,
    neighbourRandom: () => seededRandom('none'),
    recorder: { neighbourCalled: () => undefined, peaked: () => undefined },
  });
  const words = new ServiceWords();
  const stranger = new ServiceWords();
  const seen: number[] = [];
  const store = memoryBucketStore();
  let state: BucketState = openBucket('east', limits, startMs);
  await store.open(state);
  let now = startMs;
  for (let step = 0; step < (minutes * 60_000) / 600; step += 1) {
    now += 600;
    const part = now - startMs > stopAfter * 60_000 ? 0 : others;
    limiter.admit({ at: now - 300, cost: Math.round((limits.tokensPerMinute * part) / 100) });
    const applied = await store.apply(planSlice(state, [500], now));
    assert.ok(applied.kind === 'applied');
    state = applied.state;
    words.note(state);
    stranger.note(state);
    limiter.admit({ at: now, cost: Math.round(500 * factor) });
    const { limitTokens, remainingTokens } = limiter.standing(now);
    const rateLimit = { limitTokens, remainingTokens, limitRequests: undefined, remainingRequests: undefined };
    words.hear(state, { startedMs: now, rateLimit }, now);
    // A second worker that has seen no answer yet writes as well.
    const corrected = words.correct(state, now) ?? stranger.correct(state, now);
    if (corrected !== undefined) {
      const written = await store.correct(state, corrected);
      state = written.kind === 'applied' ? written.state : state;
    }
    seen.push(state.service.othersTokens);
  }
  return { words, state, seen };
}

for (const window of ['sliding', 'fixed'] as const) {
  test(`what others take of a ${window} window is left to them`, async () => {
    const { state } = await run({ window, others: 0.3, factor: 1 });

    const { othersTokens } = state.service;
    assert.ok(othersTokens >= 26_000 && othersTokens <= 32_000, `${othersTokens} of 30,000`);
    assert.equal(state.tokens.limit, limits.tokensPerMinute - othersTokens);
  });

  test(`alone in a ${window} window, nobody is yielded to`, async () => {
    const { state, words } = await run({ window, others: 0, factor: 1 });

    assert.equal(state.service.othersTokens, 0);
    assert.ok(Math.abs(words.estimateError?.relative ?? 1) < 0.03, JSON.stringify(words.estimateError));
  });

  test(`an estimate that is a fifth too low is told as that, and by a ${window} window`, async () => {
    const { words } = await run({ window, others: 0, factor: 1.25 });

    const error = words.estimateError;
    assert.equal(error?.window, window);
    assert.ok(Math.abs((error?.relative ?? 0) - 0.25) < 0.08, JSON.stringify(error));
  });
}

test('a neighbour that stays is left its part for as long, whoever joins and whatever nobody confirms', async () => {
  const { seen } = await run({ window: 'sliding', others: 0.3, factor: 1 }, 10);

  assert.ok(Math.min(...seen.slice(200)) >= 25_000, `${Math.min(...seen.slice(200))} of 30,000`);
});

test('when others stop, what they took is taken back within three minutes', async () => {
  const { state } = await run({ window: 'sliding', others: 0.3, factor: 1, stopAfter: 4 }, 7);

  assert.equal(state.service.othersTokens, 0);
  assert.equal(state.tokens.limit, limits.tokensPerMinute);
});

test('headers that cannot be are passed over', () => {
  const meter = new OthersMeter();
  const state = openBucket('east', limits, startMs);
  const lies = [
    [100_000, -1],
    [0, 0],
    [-1, 5],
    [10, 11],
  ] as const;
  for (const [limitTokens, remainingTokens] of lies) {
    const rateLimit = { limitTokens, remainingTokens, limitRequests: undefined, remainingRequests: undefined };
    meter.add(state, { startedMs: startMs, rateLimit });
  }
  meter.note({ ...state, head: state.head + 5 });
  assert.equal(meter.judge(state, startMs + 5000), undefined);
});
