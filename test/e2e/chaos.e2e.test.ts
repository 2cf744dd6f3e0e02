import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { runCommand } from './run-command.ts';

/** The same in every run, so that what fails here fails again. */
const seed = 4;
const jobs = 300;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const resultSchema = z.object({
  submitted: z.number(),
  completed: z.number(),
  deadLettered: z.number(),
  cancelled: z.number(),
  expired: z.number(),
  lost: z.number(),
  duplicates: z.number(),
  paidTwice: z.number(),
  paidCalls: z.number(),
  faults: z.record(z.string(), z.number()),
  findings: z.number(),
  seed: z.number(),
});

test('J1, J2, J3, L1: through half a minute of faults of every part, each job ends once and nothing is left behind', async () => {
  const keep = join(folder, 'run');
  const args = ['--seed', String(seed), '--minutes', '0.5', '--jobs', String(jobs), '--processes', '2', '--keep', keep];
  const chaos = runCommand('bench/chaos.ts', args);

  const end = await chaos.ended;

  const lines = chaos.stdout().trimEnd().split('\n');
  assert.equal(end, 0, `${lines.join('\n')}\n${chaos.stderr()}`);
  const result = resultSchema.parse(JSON.parse(lines.at(-1) ?? ''));
  assert.deepEqual(
    [result.submitted, result.lost, result.duplicates, result.findings, result.seed],
    [jobs, 0, 0, 0, seed],
  );
  assert.equal(result.completed + result.deadLettered + result.cancelled + result.expired, jobs);
  const faults = Object.values(result.faults).reduce((sum, count) => sum + count, 0);
  assert.ok(faults >= 10, `only ${faults} faults`);
  assert.ok(result.paidCalls <= jobs + faults);
});

test('an interrupted run leaves no process behind', async () => {
  const keep = join(folder, 'interrupted');
  const chaos = runCommand('bench/chaos.ts', ['--minutes', '1', '--jobs', '20', '--processes', '1', '--keep', keep]);
  await chaos.saying(/faults are planned/u);
  assert.ok((await processesNaming(keep)) > 1);

  chaos.interrupt();

  assert.equal(await chaos.ended, 130);
  assert.equal(await processesNaming(keep), 0);
});

test('a kind of fault that there is not is refused by name', async () => {
  const chaos = runCommand('bench/chaos.ts', ['--only', 'kill-app,earthquake']);

  assert.equal(await chaos.ended, 1);
  assert.match(chaos.stderr(), /only\[1\]|is no kind of fault/u);
});

/** Processes whose command line names the folder. */
async function processesNaming(path: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const lines = await Promise.all(ids.map(async (id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(path)).length;
}
