import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestSetting, firstTries, nextTries, score } from '../../../bench/peers/tuning.ts';
import { heatRow } from './rows.ts';

test('the next tries lie to either side of what was best, half as far apart as the first', () => {
  assert.deepEqual(nextTries({ everySeconds: 5, margin: 0.92 }), [
    { everySeconds: 5, margin: 0.88 },
    { everySeconds: 5, margin: 0.96 },
  ]);
});

test('none of the first tries is tried again next', () => {
  const first = [...firstTries.slices, ...firstTries.windows];
  const next = new Set(first.flatMap(nextTries).map((setting) => JSON.stringify(setting)));

  assert.ok(first.every((setting) => !next.has(JSON.stringify(setting))));
});

test('ten 429s per 1,000 jobs weigh as much as one hundredth of the makespan ratio', () => {
  const slower = score(heatRow({ makespanRatio: 1.01, throttledPer1000: 0 }));
  const throttled = score(heatRow({ makespanRatio: 1, throttledPer1000: 10 }));

  assert.ok(Math.abs(slower - throttled) < 1e-9);
});

test('the best of several settings has the least score, and a lost job is not worth a faster end', () => {
  const setting = { everySeconds: 60, margin: 0.9 };
  const calm = heatRow({ makespanRatio: 1.02, setting });
  const throttled = heatRow({ makespanRatio: 0.99, throttledPer1000: 100 });
  const losing = heatRow({ makespanRatio: 0.95, lost: 10 });

  assert.equal(bestSetting([throttled, calm, losing]), setting);
  assert.equal(bestSetting([]), undefined);
});
