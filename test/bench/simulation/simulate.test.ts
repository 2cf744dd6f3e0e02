import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../../bench/simulation/simulate.ts';

const run = { load: '80k', workers: 4, window: 'sliding', arrival: 'saturated', fault: 'none', seed: 'test' } as const;

test('the same settings and seed give the same figures; another seed gives others', async () => {
  const [first, again, other] = [await simulate(run), await simulate(run), await simulate({ ...run, seed: 'other' })];

  assert.deepEqual({ ...first, wallMs: 0 }, { ...again, wallMs: 0 });
  assert.notEqual(first.worstWindow, other.worstWindow);
});

test('B1: a clean run is never throttled, fills no window beyond the limit, and uses most of it', async () => {
  for (const window of ['sliding', 'fixed'] as const) {
    const row = await simulate({ ...run, window });

    assert.equal(row.throttledPer1000, 0);
    assert.ok(row.worstWindow <= 1);
    assert.ok(row.utilisation > 0.9 && row.utilisation < 1);
  }
});
