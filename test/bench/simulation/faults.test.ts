import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultNames, faults, missedExpectations } from '../../../bench/simulation/faults.ts';
import type { FaultName } from '../../../bench/simulation/faults.ts';
import type { SimulationRow } from '../../../bench/simulation/run-schema.ts';
import { simulate } from '../../../bench/simulation/simulate.ts';
import { SimulatedService } from '../../../bench/simulation/simulated-service.ts';
import { loads } from '../../../bench/simulation/loads.ts';

const run = { load: '80k', workers: 4, window: 'sliding', arrival: 'saturated', seed: 'test' } as const;

function rowOf(fault: FaultName, figures: Partial<SimulationRow>): SimulationRow {
  return {
    ...run,
    fault,
    utilisation: 0.99,
    throttledPer1000: 0,
    lastThrottledMs: 0,
    worstWindow: 1,
    bucketOpsPerJob: 1,
    ruPerJob: 1,
    conflictRate: 0,
    jain: 1,
    waitP50Ms: 1,
    waitP99Ms: 1,
    jobs: 100,
    missed: 0,
    corrections: 0,
    wallMs: 1,
    events: 1,
    ...figures,
  };
}

test('B1 holds while workers vanish and stand still, replies are lost and Cosmos DB is away', async () => {
  for (const fault of ['crashes', 'stalls', 'lost-replies', 'refusals', 'cosmos-away'] as const) {
    const row = await simulate({ ...run, fault });

    assert.equal(row.throttledPer1000, 0, fault);
    assert.ok(row.worstWindow <= 1, fault);
    assert.ok(row.utilisation > 0.5, fault);
  }
});

test('a fault is felt: starts are missed in stalls, and a run with crashes uses less than a clean one', async () => {
  const clean = await simulate({ ...run, fault: 'none' });
  const stalls = await simulate({ ...run, load: '1M', fault: 'stalls' });
  const crashes = await simulate({ ...run, fault: 'crashes' });

  assert.ok(stalls.missed > 0);
  assert.equal(clean.missed, 0);
  assert.ok(crashes.utilisation < clean.utilisation);
});

test('an overfull window and a refused call are never as expected, but after a silent lowering of the limit', () => {
  for (const fault of faultNames) {
    const isLowered = faults[fault].loweredLimit !== undefined;
    assert.deepEqual(missedExpectations(rowOf(fault, {})), []);
    assert.equal(missedExpectations(rowOf(fault, { worstWindow: 1.01 })).length, isLowered ? 0 : 1);
    assert.equal(
      missedExpectations(rowOf(fault, { throttledPer1000: 1, lastThrottledMs: 90_000 })).length,
      isLowered ? 0 : 1,
    );
  }
  const soon = { throttledPer1000: 9, lastThrottledMs: 303_000 };
  assert.deepEqual(missedExpectations(rowOf('limit-halved', soon)), []);
  assert.match(
    missedExpectations(rowOf('limit-halved', { ...soon, lastThrottledMs: 320_000 }))[0] ?? '',
    /20\.0 s after/u,
  );
  assert.match(missedExpectations(rowOf('crashes', { utilisation: 0.5 }))[0] ?? '', /used 0\.500/u);
});

test('a window that began under a higher limit is held against that one, and a later one against the lower', () => {
  const service = new SimulatedService(loads['80k'].limits, 'sliding');
  service.admit({ at: 1000, cost: 80_000 });
  service.changeLimits({ tokensPerMinute: 40_000, requestsPerMinute: 240 }, 2000);
  assert.equal(service.admit({ at: 3000, cost: 10 }).kind, 'throttled');
  assert.equal(service.fullestWindow, 80_010 / 80_000);

  const later = new SimulatedService(loads['80k'].limits, 'sliding');
  later.changeLimits({ tokensPerMinute: 40_000, requestsPerMinute: 240 }, 1000);
  later.admit({ at: 61_000, cost: 50_000 });
  assert.equal(later.fullestWindow, 1.25);
});
