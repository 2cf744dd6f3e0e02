import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestUnitBudget } from '../../../local/cosmos/containers/request-unit-budget.ts';

test('a second takes requests until it is spent, then tells when the next begins', () => {
  const budget = new RequestUnitBudget(10);
  assert.equal(budget.retryAfterMs(5_000_250), undefined);
  budget.spend(5_000_250, 9);
  assert.equal(budget.retryAfterMs(5_000_300), undefined);
  budget.spend(5_000_300, 4);
  assert.equal(budget.retryAfterMs(5_000_400), 600);
  assert.equal(budget.retryAfterMs(5_001_000), undefined);
  assert.equal(budget.refused, 1);
});

test('what a request costs beyond its second is taken off those that follow', () => {
  const budget = new RequestUnitBudget(10);
  budget.spend(1000, 35);
  assert.equal(budget.retryAfterMs(1000), 3000);
  assert.equal(budget.retryAfterMs(3999), 1);
  assert.equal(budget.retryAfterMs(4000), undefined);
});

test('whoever waits as told is let in, and no longer run spends more than the limit and one request', () => {
  const charges = fc.array(fc.record({ charge: fc.double({ min: 0.1, max: 50, noNaN: true }), gapMs: fc.nat(400) }));
  fc.assert(
    fc.property(charges, fc.integer({ min: 1, max: 100 }), (requests, limit) => {
      const budget = new RequestUnitBudget(limit);
      let nowMs = 1_000_000;
      let spent = 0;
      for (const { charge, gapMs } of requests) {
        nowMs += gapMs;
        const waitMs = budget.retryAfterMs(nowMs) ?? 0;
        nowMs += waitMs;
        assert.equal(budget.retryAfterMs(nowMs), undefined);
        budget.spend(nowMs, charge);
        spent += charge;
      }
      const seconds = Math.floor(nowMs / 1000) - 1000 + 1;
      assert.ok(spent <= limit * seconds + 50 + 1e-6);
    }),
  );
});
