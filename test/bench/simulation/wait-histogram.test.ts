import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitHistogram } from '../../../bench/simulation/wait-histogram.ts';

test('a quantile is the one of the sorted waits, half a percent or half a hundredth of a millisecond off at most', () => {
  const waits = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(waits, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const histogram = new WaitHistogram();
      for (const wait of given) {
        histogram.add(wait);
      }
      const sorted = given.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * given.length)) - 1] ?? 0;
      assert.ok(Math.abs(histogram.quantile(share) - exact) <= 0.0051 * (1 + exact));
    }),
  );
});

test('no waits have a quantile of 0', () => {
  assert.equal(new WaitHistogram().quantile(0.5), 0);
});
