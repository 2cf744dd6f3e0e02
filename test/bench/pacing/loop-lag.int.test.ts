import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { lagEnvironment, lagFlags, readLoopLag } from '../../../bench/pacing/loop-lag.ts';

const run = promisify(execFile);

async function inFolder(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-lag-'));
  try {
    await work(join(folder, 'lag.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a process that knows nothing of it tells how late its event loop was', async () => {
  await inFolder(async (file) => {
    const block = 'setTimeout(() => { const until = Date.now() + 300; while (Date.now() < until); }, 50);';
    const script = `${block} setTimeout(() => undefined, 400);`;

    const environment = { ...process.env, ...lagEnvironment(file) };
    await run(process.execPath, ['--no-warnings', ...lagFlags, '-e', script], { env: environment });

    const lag = await readLoopLag(file);
    assert.ok(lag !== undefined && lag.looks > 0 && lag.mostMs >= 200, JSON.stringify(lag));
  });
});

test('a process without the file is not watched, and tells nothing', async () => {
  await inFolder(async (file) => {
    await run(process.execPath, ['--no-warnings', ...lagFlags, '-e', '']);

    assert.equal(await readLoopLag(file), undefined);
  });
});
