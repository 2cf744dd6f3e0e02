import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget } from '../../../shared/pools/retry-budget.ts';

function taken(budget: RetryBudget, tries: number, now: number): number {
  return Array.from({ length: tries }, () => budget.take(now)).filter(Boolean).length;
}

test('an outage that begins is met by ten retries, then by one a second', () => {
  const budget = new RetryBudget(0);

  assert.equal(taken(budget, 100, 0), 10);
  assert.equal(taken(budget, 100, 999), 0);
  assert.equal(taken(budget, 100, 1000), 1);
  assert.equal(taken(budget, 100, 5000), 4);
});

test('five first calls make one retry', () => {
  const budget = new RetryBudget(0);
  taken(budget, 100, 0);
  for (let call = 0; call < 50; call += 1) {
    budget.addFirstCall();
    assert.equal(budget.take(0), call % 5 === 4, String(call));
  }
});

test('a long quiet saves no more than ten', () => {
  const budget = new RetryBudget(0);
  for (let call = 0; call < 1000; call += 1) {
    budget.addFirstCall();
  }

  assert.equal(taken(budget, 100, 3_600_000), 10);
});

test('a clock that goes back makes no retries', () => {
  const budget = new RetryBudget(10_000);
  taken(budget, 100, 10_000);

  assert.equal(taken(budget, 100, 0), 0);
  assert.equal(taken(budget, 100, 10_999), 0);
});

test('R1: retries stay within a fifth of the first calls, one a second, and ten', () => {
  const step = fc.record({ calls: fc.nat(20), retries: fc.nat(20), afterMs: fc.nat(3000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new RetryBudget(0);
      let [now, calls, retries] = [0, 0, 0];
      for (const one of steps) {
        now += one.afterMs;
        calls += one.calls;
        for (let call = 0; call < one.calls; call += 1) {
          budget.addFirstCall();
        }
        retries += taken(budget, one.retries, now);
        assert.ok(retries <= 0.2 * calls + now / 1000 + 10 + 1e-6);
      }
    }),
  );
});
