import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyShare, parseProcessorTicks } from '../../../bench/peers/machine-load.ts';

test('idle time and waiting for disks are not busy, and a guest is not counted twice', () => {
  const text = 'cpu  100 10 20 800 50 5 5 10 90 0\ncpu0 50 5 10 400 25 2 3 5 45 0\n';

  assert.deepEqual(parseProcessorTicks(text), { busy: 150, total: 1000 });
});

test('the busy share is that of the time between two readings', () => {
  assert.equal(busyShare({ busy: 100, total: 1000 }, { busy: 160, total: 1200 }), 0.3);
});

test('a text without a line of all processors is an error', () => {
  assert.throws(() => parseProcessorTicks('cpu0 1 2 3 4 5 6 7 8\n'), /all processors/u);
});
