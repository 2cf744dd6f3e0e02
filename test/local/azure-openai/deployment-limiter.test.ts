import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import type { DeploymentLimiter } from '../../../local/azure-openai/limits/deployment-limiter.ts';
import type { LimiterFacts } from '../../../local/azure-openai/limits/limiter-state.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';
import { fixed, limiterForTest, sliding } from './limiter-for-test.ts';

const calls = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), cost: fc.integer({ min: 0, max: 120 }) }),
  { maxLength: 150 },
);

type Admitted = readonly { readonly at: number; readonly cost: number }[];

/** Runs calls of ours beside a neighbour; gives what was admitted of both, in the order of time. */
function runBeside(
  facts: Pick<LimiterFacts, 'shape' | 'limits' | 'lowered'> & { readonly share: number; readonly seed: number },
  list: readonly { readonly afterMs: number; readonly cost: number }[],
): { readonly all: Admitted; readonly ours: Admitted; readonly limiter: DeploymentLimiter } {
  const theirs: { at: number; cost: number }[] = [];
  const limiter = limiterForTest({
    ...facts,
    neighbour: { share: facts.share, costPerCall: 30 },
    startedAt: 5_000_000,
    neighbourRandom: () => seededRandom(facts.seed),
    recorder: {
      neighbourCalled: ({ at, cost, throttledBy }) => {
        if (throttledBy === '') {
          theirs.push({ at, cost });
        }
      },
      peaked: () => undefined,
    },
  });
  const ours = run(limiter, list);
  return { all: [...ours, ...theirs].sort((one, other) => one.at - other.at), ours, limiter };
}

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

  const beside = fc.record({
    seed: fc.integer(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    countsThrottled: fc.constantFrom('nowhere', 'requests', 'requests-and-tokens'),
  });
  const lowered = [
    { fromMs: 500, forMs: 4000, factor: 0.4 },
    { fromMs: 9000, forMs: 500, tokensPerMinute: 0 },
  ];
  const limits = { tokensPerMinute: 300, requestsPerMinute: 600 };

  test('A3: no window of ours and the neighbour holds more than the limit, whatever throttled calls count', () => {
    fc.assert(
      fc.property(calls, beside, (list, { countsThrottled, ...facts }) => {
        const { all } = runBeside({ ...facts, shape: { ...sliding, countsThrottled }, limits, lowered: [] }, list);
        for (const { at } of all) {
          assert.ok(costBetween(all, at, at + 1000) <= 300);
          assert.ok(all.filter((call) => call.at >= at && call.at < at + 1000).length <= 10);
        }
      }),
    );
  });

  test('A3: under a lowered limit no window holds more than the limit in force as its last call was admitted', () => {
    fc.assert(
      fc.property(calls, beside, (list, { countsThrottled, ...facts }) => {
        const { all, limiter } = runBeside({ ...facts, shape: { ...sliding, countsThrottled }, limits, lowered }, list);
        for (const { at } of all) {
          assert.ok(costBetween(all, at - 999, at + 1) <= limiter.limitsAt(at).tokensPerMinute);
        }
      }),
    );
  });

  test('A4: what the neighbour was admitted does not depend on how often the limiter was asked', () => {
    fc.assert(
      fc.property(calls, beside, (list, { seed, share }) => {
        const facts = { seed, share, shape: sliding, limits, lowered };
        const neverAdmitted = { afterMs: 0, cost: 1e9 };
        const often = list.flatMap(({ afterMs, cost }) => [
          { ...neverAdmitted, afterMs: Math.floor(afterMs / 2) },
          { afterMs: Math.ceil(afterMs / 2), cost },
        ]);
        assert.deepEqual(runBeside(facts, often).all, runBeside(facts, list).all);
      }),
    );
  });

  test('the sums and peaks of ours leave the neighbour out, those of everybody do not', () => {
    fc.assert(
      fc.property(calls, beside, (list, { countsThrottled, ...facts }) => {
        const shape = { ...fixed, countsThrottled };
        const { all, limiter, ours } = runBeside({ ...facts, shape, limits, lowered: [] }, list);
        assert.equal(limiter.use('ours').admitted, ours.length);
        assert.equal(limiter.use('neighbour').admitted, all.length - ours.length);
        assert.equal(limiter.fullest('ours').tokens, fullestCost(ours) / 300);
        assert.equal(limiter.fullest('everybody').tokens, fullestCost(all) / 300);
      }),
    );
  });

  test('a throttled call takes its place where the setting says', () => {
    const held = (['nowhere', 'requests', 'requests-and-tokens'] as const).map((countsThrottled) => {
      const limiter = limiterForTest({ shape: { ...sliding, countsThrottled }, limits });
      limiter.admit({ at: 0, cost: 250 });
      limiter.admit({ at: 1, cost: 100 });
      const { tokens, requests } = limiter.held(1);
      return [tokens, requests];
    });
    assert.deepEqual(held, [
      [250, 1],
      [250, 2],
      [350, 2],
    ]);
  });

  test('a call that was turned away and counts is admitted after exactly the wait that it was told', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 120 }), beside, (list, cost, { countsThrottled }) => {
        const limiter = limiterForTest({
          shape: { ...sliding, countsThrottled },
          limits: { ...limits, requestsPerMinute: 300 },
        });
        run(limiter, list);
        const now = 5_000_000 + list.reduce((sum, { afterMs }) => sum + afterMs, 0);
        const verdict = limiter.admit({ at: now, cost });
        if (verdict.kind === 'throttled') {
          const early = limiter.judge({ at: now + verdict.waitMs - 1, cost });
          assert.equal(early.kind, 'throttled');
          const later = limiter.judge({ at: now + verdict.waitMs, cost });
          assert.ok(later.kind === 'admitted' || later.by !== verdict.by);
        }
      }),
    );
  });

  test('an hour of a neighbour at ten million tokens a minute is made up call by call', () => {
    const neighbour = { share: 0.3, costPerCall: 1000 };
    const shape = { ...sliding, tokenWindowMs: 60_000 };
    const limiter = limiterForTest({ shape, limits: { tokensPerMinute: 1e7, requestsPerMinute: 1e6 }, neighbour });
    for (let minute = 0; minute < 60; minute += 1) {
      limiter.catchUp(minute * 60_000);
    }
    const { admitted, throttled429 } = limiter.use('neighbour');
    assert.ok(admitted > 170_000 && throttled429.tokens + throttled429.requests === 0, String(admitted));
  });

  test('begun anew holds nothing, and its schedule counts from then', () => {
    const limiter = limiterForTest({ shape: sliding, limits, lowered: [{ forMs: 100, factor: 0 }] });
    limiter.admit({ at: 200, cost: 300 });
    limiter.restart(1000);
    assert.equal(limiter.held(1000).tokens, 0);
    assert.equal(limiter.limitsAt(1099).tokensPerMinute, 0);
    assert.equal(limiter.admit({ at: 1100, cost: 300 }).kind, 'admitted');
    assert.equal(limiter.use('ours').admitted, 1);
  });
});

/** The most cost in any second that ends at a call. */
function fullestCost(admitted: Admitted): number {
  return Math.max(0, ...admitted.map(({ at }, index) => costBetween(admitted.slice(0, index + 1), at - 999, at + 1)));
}
