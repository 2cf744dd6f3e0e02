import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProcessUsage } from '../../bench/process-usage.ts';

test('the usage of a process is what it counts itself', async () => {
  const before = process.cpuUsage();
  const usage = await readProcessUsage(process.pid);
  const after = process.cpuUsage();

  // The kernel counts in steps of 10 ms.
  assert.ok(usage.cpuMs >= (before.user + before.system) / 1000 - 20);
  assert.ok(usage.cpuMs <= (after.user + after.system) / 1000 + 20);
  assert.ok(usage.peakRssMb >= usage.rssMb && usage.rssMb > 10);
});

test('the usage of a process that is gone is an error', async () => {
  await assert.rejects(readProcessUsage(2 ** 30));
});
