import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { skewedClockEnvironment } from '../../../bench/pacing/skewed-clock.ts';

const run = promisify(execFile);
const [aheadByMinute] = await Promise.allSettled([skewedClockEnvironment(60)]);
const isInstalled = aheadByMinute.status === 'fulfilled';

test('a process with a skewed clock is ahead by that, and no other is', { skip: !isInstalled }, async () => {
  const environment = { ...process.env, ...(isInstalled ? aheadByMinute.value : {}) };
  const script = ['-p', 'Date.now()'];

  const before = Date.now();
  const skewed = Number((await run(process.execPath, script, { env: environment })).stdout);
  const other = Number((await run(process.execPath, script)).stdout);
  const after = Date.now();

  assert.ok(skewed >= before + 60_000 && skewed <= after + 60_000, `${skewed} against ${before} to ${after}`);
  assert.ok(other >= before && other <= after);
});

test('without faketime the error says how to get it', { skip: isInstalled }, async () => {
  await assert.rejects(skewedClockEnvironment(2), /apt-get install faketime/u);
});
