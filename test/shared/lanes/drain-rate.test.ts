import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainPerSecond } from '../../../shared/lanes/drain-rate.ts';

test('a pump drains its places ÷ the mean time of a call, whether its hand is full or not', () => {
  const run = { places: 400, endedCalls: 20, callMs: 20 * 8000, elapsedMs: 5000, busyMs: 100 };

  assert.equal(drainPerSecond(run), 50);
});

test('a pump drains no more than its process has time for', () => {
  const run = { places: 400, endedCalls: 1000, callMs: 1000 * 100, elapsedMs: 5000, busyMs: 4000 };

  assert.equal(drainPerSecond(run), 250);
  assert.equal(drainPerSecond({ ...run, busyMs: 2000 }), 4000, 'a process that idles tells nothing');
});

test('a pump that has ended no job tells nothing', () => {
  assert.equal(drainPerSecond({ places: 400, endedCalls: 0, callMs: 0, elapsedMs: 5000, busyMs: 5000 }), undefined);
  assert.equal(drainPerSecond({ places: 400, endedCalls: 1, callMs: 1, elapsedMs: 0, busyMs: 0 }), undefined);
});
