import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowMeter } from '../../../bench/simulation/window-meter.ts';

const entries = fc.array(fc.record({ afterMs: fc.nat(400), cost: fc.integer({ min: 1, max: 50 }) }), { maxLength: 80 });

test('the fullest window is the fullest of all windows that end at any instant', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 1000 }), (steps, lengthMs) => {
      const meter = new WindowMeter(lengthMs);
      const added: { readonly at: number; readonly cost: number }[] = [];
      let now = 0;
      for (const { afterMs, cost } of steps) {
        now += afterMs;
        added.push({ at: now, cost });
        meter.add({ at: now, cost }, 100);
      }
      let fullest = 0;
      for (let end = 0; end <= now; end += 1) {
        const inWindow = added.filter(({ at }) => at > end - lengthMs && at <= end);
        fullest = Math.max(fullest, inWindow.reduce((sum, { cost }) => sum + cost, 0) / 100);
      }
      assert.equal(meter.fullest, fullest);
    }),
    { numRuns: 60 },
  );
});

test('a window is held against the limit of its own instant', () => {
  const meter = new WindowMeter(1000);
  meter.add({ at: 0, cost: 50 }, 100);
  meter.add({ at: 2000, cost: 40 }, 40);

  assert.equal(meter.fullest, 1);
});
