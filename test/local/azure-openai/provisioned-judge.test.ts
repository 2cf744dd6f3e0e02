import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { LeakyBucket } from '../../../local/azure-openai/limits/leaky-bucket.ts';
import { limiterForTest, sliding } from './limiter-for-test.ts';

const limits = { tokensPerMinute: 60_000, requestsPerMinute: 1 };
const shape = { ...sliding, bucketMs: 2000 };
const calls = fc.array(fc.record({ afterMs: fc.nat(3000), cost: fc.nat(5000), actual: fc.nat(5000) }), {
  maxLength: 60,
});

describe('a leaky bucket', () => {
  test('K1: is never below empty, and what runs out of it empty is not saved', () => {
    const bucket = new LeakyBucket();
    bucket.pour(10);
    bucket.pour(-30);
    assert.equal(bucket.level(0, 1), 0);
    bucket.pour(10);
    assert.equal(bucket.level(1000, 1), 0);
    bucket.pour(10);
    assert.equal(bucket.level(1004, 1), 6);
  });

  test('a clock that steps back lets nothing run out', () => {
    const bucket = new LeakyBucket();
    bucket.level(1000, 1);
    bucket.pour(10);
    assert.equal(bucket.level(500, 1), 10);
    assert.equal(bucket.level(1003, 1), 7);
  });
});

describe('a limiter of a provisioned deployment', () => {
  test('V1: a call turned away is admitted after exactly the wait that it was told', () => {
    fc.assert(
      fc.property(calls, (asked) => {
        const limiter = limiterForTest({ shape, limits });
        let at = 0;
        for (const { afterMs, cost } of asked) {
          at += afterMs;
          const verdict = limiter.admit({ at, cost });
          if (verdict.kind === 'throttled') {
            const waitMs = Math.ceil(verdict.waitMs);
            assert.equal(limiter.judge({ at: at + waitMs, cost }).kind, 'admitted');
            at += waitMs;
          }
        }
      }),
    );
  });

  test('V1: what is admitted does not depend on what the call costs, only on what is held', () => {
    const limiter = limiterForTest({ shape, limits });
    assert.equal(limiter.admit({ at: 0, cost: 1_000_000 }).kind, 'admitted');
    assert.equal(limiter.admit({ at: 0, cost: 0 }).kind, 'throttled');
  });

  test('V2: after every correction it holds what the calls came to, less what ran out', () => {
    fc.assert(
      fc.property(calls, (asked) => {
        const corrected = limiterForTest({ shape, limits });
        const exact = limiterForTest({ shape, limits });
        let at = 0;
        for (const { actual, afterMs, cost } of asked) {
          at += afterMs;
          if (corrected.admit({ at, cost }).kind === 'admitted') {
            corrected.correct(at, { estimated: cost, actual });
            exact.admit({ at, cost: actual });
          }
          assert.equal(corrected.held(at).tokens, exact.held(at).tokens);
          assert.equal(corrected.use('ours').admittedCost, exact.use('ours').admittedCost);
        }
      }),
    );
  });

  test('in the long run admits what its units can do', () => {
    const limiter = limiterForTest({ shape, limits });
    for (let at = 0; at < 600_000; at += 50) {
      limiter.admit({ at, cost: 400 });
    }
    const perMinute = limiter.use('ours').admittedCost / 10;
    assert.ok(Math.abs(perMinute - limits.tokensPerMinute) < 0.01 * limits.tokensPerMinute, String(perMinute));
  });

  test('knows after a restart what it had admitted', () => {
    const first = limiterForTest({ shape, limits });
    const second = limiterForTest({ shape, limits });
    for (const at of [0, 100, 500]) {
      first.admit({ at, cost: 600 });
      second.restoreCall({ at, cost: 600, throttledBy: '' }, 'ours');
    }
    assert.equal(second.held(700).tokens, first.held(700).tokens);
  });

  test('correcting changes nothing where limits are windows', () => {
    const limiter = limiterForTest({ shape: sliding, limits });
    limiter.admit({ at: 0, cost: 500 });
    limiter.correct(1, { estimated: 500, actual: 10 });
    assert.equal(limiter.held(1).tokens, 500);
    assert.equal(limiter.use('ours').admittedCost, 500);
  });
});
