import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerNames } from '../../../bench/peers/field.ts';
import { bestRow, roundsOf, score, untunedSetting } from '../../../bench/peers/grid.ts';
import { heatRow } from './rows.ts';

test('every peer is tried with as many settings, and runs untuned with one of them', () => {
  for (const peer of peerNames) {
    const tried = roundsOf(peer).flat();

    assert.equal(tried.length, roundsOf('p-queue').flat().length);
    assert.ok(tried.some((setting) => JSON.stringify(setting) === JSON.stringify(untunedSetting(peer))));
  }
});

test('ten 429s per 1,000 jobs weigh as much as one hundredth of the makespan ratio', () => {
  const slower = score(heatRow({ makespanRatio: 1.01, throttledPer1000: 0 }));
  const throttled = score(heatRow({ makespanRatio: 1, throttledPer1000: 10 }));

  assert.ok(Math.abs(slower - throttled) < 1e-9);
});

test('the best of several settings has the least score, and a lost job is not worth a faster end', () => {
  const calm = heatRow({ makespanRatio: 1.02 });
  const throttled = heatRow({ makespanRatio: 0.99, throttledPer1000: 100 });
  const losing = heatRow({ makespanRatio: 0.95, lost: 10 });

  assert.equal(bestRow([throttled, calm, losing]), calm);
  assert.throws(() => bestRow([]));
});
