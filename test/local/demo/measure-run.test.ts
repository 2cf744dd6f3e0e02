import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelCall } from '../../../local/demo/admin-api.ts';
import { measureRun } from '../../../local/demo/measure-run.ts';

function call(changes: Partial<ModelCall>): ModelCall {
  const usual = { at: 0, region: 'north', deployment: 'small', clientRequestId: 'job', status: 200, code: '' };
  return { ...usual, cost: 0, isAdmitted: true, promptTokens: 0, completionTokens: 0, ...changes };
}

const limits = [
  { region: 'north', deployment: 'small', limit: 1000, windowMs: 60_000 },
  { region: 'north', deployment: 'large', limit: 1000, windowMs: 60_000 },
  { region: 'south', deployment: 'small', limit: 500, windowMs: 60_000 },
];

test('utilisation is the cost admitted over the limits times the time from first to last call', () => {
  const calls = [
    call({ at: 0, cost: 300 }),
    call({ at: 10_000, cost: 300, deployment: 'large' }),
    call({ at: 20_000, cost: 250, status: 429, isAdmitted: false }),
    call({ at: 30_000, cost: 250, region: 'south' }),
  ];

  const { byRegion, byModel, callingMs } = measureRun({ calls, limits, attempts: [] });

  assert.equal(callingMs, 30_000);
  assert.deepEqual(
    byRegion.map(({ name, utilisation, throttled429 }) => [name, utilisation, throttled429]),
    [
      ['north', 0.6, 1],
      ['south', 1, 0],
    ],
  );
  assert.deepEqual(
    byModel.map(({ name, calls: count }) => [name, count]),
    [
      ['small', 3],
      ['large', 1],
    ],
  );
});

test('a job that was completed twice is a duplicate, one that was tried twice is not', () => {
  const calls = [
    call({ clientRequestId: 'once', status: 500, code: 'server_error' }),
    call({ clientRequestId: 'once' }),
    call({ clientRequestId: 'twice' }),
    call({ clientRequestId: 'twice', region: 'south' }),
  ];

  assert.equal(measureRun({ calls, limits, attempts: [] }).duplicates, 1);
});

test('quantiles are of the nearest rank', () => {
  const attempts = Array.from({ length: 200 }, (_, index) => ({
    region: 'north',
    deployment: 'small',
    latencyMs: 200 - index,
  }));

  const { total } = measureRun({ calls: [], limits, attempts });

  assert.deepEqual([total.p50Ms, total.p99Ms], [100, 198]);
});

test('a run without calls has no utilisation and no latency', () => {
  const { total } = measureRun({ calls: [], limits, attempts: [] });

  assert.deepEqual([total.utilisation, total.p50Ms, total.calls], [undefined, undefined, 0]);
});
