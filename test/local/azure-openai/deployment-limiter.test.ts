import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import type { DeploymentLimiter } from '../../../local/azure-openai/deployment-limiter.ts';
import { fixed, limiterForTest, sliding } from './limiter-for-test.ts';

const calls = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), cost: fc.integer({ min: 0, max: 120 }) }),
  { maxLength: 150 },
);

type Admitted = readonly { readonly at: number; readonly cost: number }[];

function run(
  limiter: DeploymentLimiter,
  list: readonly { readonly afterMs: number; readonly cost: number }[],
): Admitted {
  const admitted: { at: number; cost: number }[] = [];
  let at = 5_000_000;
  for (const { afterMs, cost } of list) {
    at += afterMs;
    if (limiter.admit({ at, cost }).kind === 'admitted') {
      admitted.push({ at, cost });
    }
  }
  return admitted;
}

function costBetween(admitted: Admitted, from: number, before: number): number {
  return admitted.filter(({ at }) => at >= from && at < before).reduce((sum, { cost }) => sum + cost, 0);
}

describe('a limiter', () => {
  test('A3: no window of the length that begins at any admission holds more than the limit', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const admitted = run(
          limiterForTest({ shape: sliding, limits: { tokensPerMinute: 300, requestsPerMinute: 6000 } }),
          list,
        );
        for (const { at } of admitted) {
          assert.ok(costBetween(admitted, at, at + 1000) <= 300);
        }
      }),
    );
  });

  test('A1: no request window holds more than its share of the requests of a minute', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const admitted = run(
          limiterForTest({ shape: sliding, limits: { tokensPerMinute: 1e9, requestsPerMinute: 180 } }),
          list,
        );
        for (const { at } of admitted) {
          assert.ok(admitted.filter((call) => call.at >= at && call.at < at + 1000).length <= 3);
        }
      }),
    );
  });

  test('a fixed window holds at most the limit, and starts again at the turn', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const admitted = run(
          limiterForTest({ shape: fixed, limits: { tokensPerMinute: 300, requestsPerMinute: 6000 } }),
          list,
        );
        for (const { at } of admitted) {
          const start = Math.floor(at / 1000) * 1000;
          assert.ok(costBetween(admitted, start, start + 1000) <= 300);
        }
      }),
    );
  });

  test('a call turned away is admitted after exactly the wait that it was told', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 120 }), fc.constantFrom(sliding, fixed), (list, cost, shape) => {
        const limiter = limiterForTest({ shape: shape, limits: { tokensPerMinute: 300, requestsPerMinute: 300 } });
        run(limiter, list);
        const now = 5_000_000 + list.reduce((sum, { afterMs }) => sum + afterMs, 0);
        const verdict = limiter.judge({ at: now, cost });
        if (verdict.kind === 'throttled') {
          const early = limiter.judge({ at: now + verdict.waitMs - 1, cost });
          assert.equal(early.kind, 'throttled');
          const later = limiter.judge({ at: now + verdict.waitMs, cost });
          assert.ok(later.kind === 'admitted' || later.by !== verdict.by);
        }
      }),
    );
  });

  test('the fullest window is the largest of any phase, above 1 around the turn of a fixed window', () => {
    const limiter = limiterForTest({ shape: fixed, limits: { tokensPerMinute: 100, requestsPerMinute: 6000 } });
    limiter.admit({ at: 1999, cost: 100 });
    limiter.admit({ at: 2000, cost: 100 });
    assert.equal(limiter.fullest('ours').tokens, 2);
  });

  test('a cost above the limit waits for ever', () => {
    const limiter = limiterForTest({ shape: sliding, limits: { tokensPerMinute: 100, requestsPerMinute: 60 } });
    assert.deepEqual(limiter.admit({ at: 0, cost: 101 }), {
      kind: 'throttled',
      by: 'tokens',
      waitMs: Number.POSITIVE_INFINITY,
    });
  });

  test('a small number of requests a minute still admits one in a window', () => {
    const limiter = limiterForTest({
      shape: { ...sliding, requestWindowSeconds: 10 },
      limits: { tokensPerMinute: 100, requestsPerMinute: 3 },
    });
    assert.equal(limiter.admit({ at: 0, cost: 1 }).kind, 'admitted');
    assert.deepEqual(limiter.admit({ at: 1, cost: 1 }), { kind: 'throttled', by: 'requests', waitMs: 9999 });
  });

  test('A2: a lowered limit does not give back what was admitted', () => {
    const limiter = limiterForTest({ shape: sliding, limits: { tokensPerMinute: 100, requestsPerMinute: 600 } });
    limiter.admit({ at: 0, cost: 80 });
    limiter.changeLimits(5, { tokensPerMinute: 50, requestsPerMinute: 600 });
    assert.equal(limiter.admit({ at: 10, cost: 1 }).kind, 'throttled');
    assert.equal(limiter.standing(10).remainingTokens, 0);
    assert.equal(limiter.admit({ at: 1000, cost: 50 }).kind, 'admitted');
  });
});
