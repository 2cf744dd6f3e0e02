import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedAims } from '../../../bench/simulation/aims.ts';
import type { SimulationRow } from '../../../bench/simulation/run-schema.ts';

const good: SimulationRow = {
  load: '1M',
  workers: 256,
  window: 'sliding',
  arrival: 'saturated',
  fault: 'none',
  seed: '1',
  utilisation: 0.98,
  throttledPer1000: 0,
  lastThrottledMs: 0,
  worstWindow: 1,
  bucketOpsPerJob: 2.1,
  ruPerJob: 19,
  conflictRate: 0,
  jain: 1,
  waitP50Ms: 1,
  waitP99Ms: 1,
  jobs: 100,
  missed: 0,
  corrections: 0,
  wallMs: 1,
  events: 1,
};

test('a run that keeps every promise misses no aim', () => {
  assert.deepEqual(missedAims(good), []);
});

test('each promise that is broken is told, with its figure', () => {
  const broken: readonly (readonly [Partial<SimulationRow>, RegExp])[] = [
    [{ worstWindow: 1.0002 }, /worst window 1\.0002 > 1/u],
    [{ throttledPer1000: 0.1 }, /429 per 1,000 0\.1 > 0/u],
    [{ utilisation: 0.9749 }, /utilisation 0\.9749 < 0\.975/u],
    [{ bucketOpsPerJob: 2.3 }, /operations a job 2\.3 > 2\.2/u],
    [{ ruPerJob: 20.5 }, /RU a job 20\.5 > 20/u],
    [{ workers: 1, bucketOpsPerJob: 0.3 }, /operations a job 0\.3 > 0\.2/u],
    [{ corrections: 1 }, /corrections of a limit that nobody changed 1 > 0/u],
  ];
  for (const [figures, told] of broken) {
    const misses = missedAims({ ...good, ...figures });
    assert.equal(misses.length, 1);
    assert.match(misses[0] ?? '', told);
  }
});

test('what is used at 85 % load has no aim', () => {
  assert.deepEqual(missedAims({ ...good, arrival: '85%', utilisation: 0.85 }), []);
});
