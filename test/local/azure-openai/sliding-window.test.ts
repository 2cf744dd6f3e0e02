import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { SlidingWindow } from '../../../local/azure-openai/limits/sliding-window.ts';

const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 70 }), cost: fc.integer({ min: 0, max: 50 }) }), {
  maxLength: 200,
});

describe('a sliding window', () => {
  test('sums what was added less than its length ago, at any time', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const window = new SlidingWindow(100);
        const added: { at: number; cost: number }[] = [];
        let now = 0;
        for (const { afterMs, cost } of list) {
          now += afterMs;
          const expected = added.filter(({ at }) => at > now - 100).reduce((sum, entry) => sum + entry.cost, 0);
          assert.equal(window.sum(now), expected);
          window.add({ at: now, cost });
          added.push({ at: now, cost });
        }
      }),
    );
  });

  test('the wait it names is the shortest after which the sum fits', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 300 }), (list, ceiling) => {
        const window = new SlidingWindow(100);
        let now = 0;
        for (const { afterMs, cost } of list) {
          now += afterMs;
          window.add({ at: now, cost });
        }
        const waitMs = window.msUntil({ now, ceiling });
        assert.ok(waitMs === 0 || window.sum(now + waitMs - 1) > ceiling);
        assert.ok(window.sum(now + waitMs) <= ceiling);
      }),
    );
  });

  test('a negative ceiling is never reached', () => {
    assert.equal(new SlidingWindow(100).msUntil({ now: 0, ceiling: -1 }), Number.POSITIVE_INFINITY);
  });

  test('a clock that steps back adds to the latest time', () => {
    const window = new SlidingWindow(100);
    window.add({ at: 1000, cost: 1 });
    window.add({ at: 900, cost: 2 });
    assert.equal(window.sum(1099), 3);
    assert.equal(window.sum(1100), 0);
  });

  test('a million additions over many windows keep only the last window', () => {
    const window = new SlidingWindow(1000);
    for (let at = 0; at < 1_000_000; at += 1) {
      window.add({ at, cost: 3 });
    }
    assert.equal(window.sum(999_999), 3000);
  });
});
