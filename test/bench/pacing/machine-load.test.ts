import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuShares, parseMachineLoad } from '../../../bench/pacing/machine-load.ts';

test('busy is everything but idle and waiting for disks; guests are not counted twice', () => {
  const text = 'cpu  10 1 20 60 5 2 1 1 7 0\ncpu0 5 0 10 30 0 0 0 0 0 0\nintr 1\n';

  assert.deepEqual(parseMachineLoad(text), { busy: 35, total: 100 });
});

test('shares are those between the samples around the interval', () => {
  const samples = [
    { at: 0, busy: 0, own: 0, total: 100 },
    { at: 10, busy: 50, own: 20, total: 200 },
    { at: 20, busy: 60, own: 25, total: 300 },
    { at: 30, busy: 160, own: 25, total: 400 },
  ];

  assert.deepEqual(cpuShares(samples, { fromMs: 10, toMs: 20 }), { machine: 0.1, own: 0.05 });
  assert.deepEqual(cpuShares(samples, { fromMs: 12, toMs: 18 }), { machine: 0.1, own: 0.05 });
  assert.equal(cpuShares(samples, { fromMs: 5, toMs: 15 }).machine, 0.3);
});

test('a machine that was not looked at twice has no shares', () => {
  assert.ok(Number.isNaN(cpuShares([], { fromMs: 0, toMs: 1 }).machine));
});
