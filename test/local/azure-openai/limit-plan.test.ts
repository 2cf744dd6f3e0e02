import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { LimitPlan, type Limits } from '../../../local/azure-openai/limits/limit-plan.ts';

const usual: Limits = { tokensPerMinute: 1000, requestsPerMinute: 60 };
const lowered = fc.array(
  fc.record(
    {
      fromMs: fc.integer({ min: 0, max: 500 }),
      forMs: fc.integer({ min: 1, max: 500 }),
      factor: fc.double({ min: 0, max: 1, noNaN: true }),
      tokensPerMinute: fc.integer({ min: 0, max: 2000 }),
      requestsPerMinute: fc.integer({ min: 0, max: 120 }),
    },
    { requiredKeys: ['forMs'] },
  ),
  { maxLength: 5 },
);

describe('a plan of limits', () => {
  test('P1: the limits in force are never above the usual ones', () => {
    fc.assert(
      fc.property(lowered, fc.integer({ min: 0, max: 1200 }), (list, now) => {
        const { tokensPerMinute, requestsPerMinute } = new LimitPlan({ usual, lowered: list, startedAt: 0 }).at(now);
        assert.ok(tokensPerMinute <= 1000 && requestsPerMinute <= 60);
      }),
    );
  });

  test('P2: when every lowering is over the limits are the usual ones', () => {
    fc.assert(
      fc.property(lowered, (list) => {
        assert.deepEqual(new LimitPlan({ usual, lowered: list, startedAt: 0 }).at(1000), usual);
      }),
    );
  });

  test('what it says of a time does not depend on what was asked before', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(lowered, times, (list, asked) => {
        const plan = new LimitPlan({ usual, lowered: list, startedAt: 0 });
        for (const now of asked) {
          assert.deepEqual(plan.at(now), new LimitPlan({ usual, lowered: list, startedAt: 0 }).at(now));
        }
      }),
    );
  });

  test('the sum over an interval is the sum over its milliseconds', () => {
    const interval = fc.record({ from: fc.integer({ min: 0, max: 1000 }), before: fc.integer({ min: 0, max: 1000 }) });
    fc.assert(
      fc.property(lowered, interval, (list, { from, before }) => {
        const plan = new LimitPlan({ usual, lowered: list, startedAt: 0 });
        let tokens = 0;
        for (let at = from; at < before; at += 1) {
          tokens += plan.at(at).tokensPerMinute;
        }
        assert.equal(plan.sum({ from, before }).tokensPerMinute, tokens);
      }),
    );
  });

  test('a lowering begins at its first millisecond and ends before its last', () => {
    const plan = new LimitPlan({ usual, lowered: [{ fromMs: 100, forMs: 50, factor: 0.5 }], startedAt: 10 });
    assert.deepEqual(
      [109, 110, 159, 160].map((at) => plan.at(at).tokensPerMinute),
      [1000, 500, 500, 1000],
    );
  });

  test('of several lowerings the lowest counts, for each limit by itself', () => {
    const plan = new LimitPlan({
      usual,
      lowered: [
        { forMs: 100, tokensPerMinute: 400 },
        { forMs: 100, factor: 0.5 },
      ],
      startedAt: 0,
    });
    assert.deepEqual(plan.at(1), { tokensPerMinute: 400, requestsPerMinute: 30 });
  });

  test('a lowering that is ended early is remembered for the time that it held', () => {
    const plan = new LimitPlan({ usual, lowered: [], startedAt: 0 });
    plan.lower(100, { forMs: 1000, factor: 0 });
    plan.lower(100, { fromMs: 500, forMs: 1000, factor: 0 });
    plan.restore(200);
    assert.deepEqual(plan.at(200), usual);
    assert.deepEqual(plan.at(700), usual);
    assert.equal(plan.sum({ from: 0, before: 1000 }).tokensPerMinute, 900 * 1000);
  });

  test('a change of the usual limits moves what a factor lowers them to', () => {
    const plan = new LimitPlan({ usual, lowered: [{ forMs: 1000, factor: 0.5 }], startedAt: 0 });
    plan.change(10, { tokensPerMinute: 600, requestsPerMinute: 60 });
    assert.equal(plan.at(9).tokensPerMinute, 500);
    assert.equal(plan.at(10).tokensPerMinute, 300);
  });
});
