import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Command, runCommand } from './run-command.ts';

const jobSchema = z.object({ id: z.string(), status: z.string(), result: z.unknown().optional() });
const deadlineMs = 60_000;

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-start-'));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** `npm start` on free ports; it is interrupted when the test ends, if it still runs then. */
function start(t: TestContext, folder: string, layout: unknown, ...args: readonly string[]): Command {
  const all = ['--free-ports', '--folder', folder, '--layout', JSON.stringify(layout), ...args];
  const command = runCommand('local/start.ts', all);
  t.after(async () => {
    command.interrupt();
    await command.ended;
  });
  return command;
}

/** The address and the body of the printed line that submits a job. */
async function submitLine(command: Command): Promise<{ readonly url: string; readonly body: string }> {
  const [, url = '', body = ''] = await command.saying(
    /curl -sS.* (http\S+) -H 'content-type: application\/json' -d '(.*)'/u,
  );
  return { url, body };
}

async function jobWhen(url: string, isWanted: (status: string) => boolean): Promise<z.infer<typeof jobSchema>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const read = jobSchema.safeParse(await (await fetch(url)).json());
    if (read.success && isWanted(read.data.status)) {
      return read.data;
    }
    if (Date.now() > deadline) {
      throw new Error(`${url} is not as wanted: ${JSON.stringify(read.data)}`);
    }
    await delay(100);
  }
}

async function submit(url: string, body: string): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(response.status, 202);
}

test('the printed lines submit a job and read its result, and SIGINT stops everything', async (t) => {
  const folder = await newFolder(t);
  const command = start(t, folder, { latency: 'instant' });
  const line = await submitLine(command);
  const [, resultUrl = ''] = await command.saying(/curl -sS (http\S+\/api\/jobs\/[^\s']+)\n/u);
  const [, counters = ''] = await command.saying(/counters: (http\S+)/u);
  const [, busPort = ''] = await command.saying(/sb:\/\/localhost:(\d+)/u);

  await submit(line.url, line.body);
  const job = await jobWhen(resultUrl, (status) => status === 'completed');
  command.interrupt();

  assert.notEqual(job.result, undefined);
  assert.equal(await command.ended, 0, command.stderr());
  for (const gone of [line.url, counters, `http://127.0.0.1:${busPort}`]) {
    await assert.rejects(fetch(gone), { name: 'TypeError' });
  }
});

test('a second start goes on with what the first one left', async (t) => {
  const folder = await newFolder(t);
  const stuck = { firstTokenMs: 600_000, tokensPerSecond: 1, tailProbability: 0, tailFactor: 1 };
  const first = start(t, folder, { latency: stuck, lockMs: 5000 });
  const line = await submitLine(first);
  await submit(line.url, line.body);
  await jobWhen(`${line.url}/hello-1`, (status) => status === 'running');
  first.interrupt();
  assert.equal(await first.ended, 0, first.stderr());

  const second = start(t, folder, { latency: 'instant', lockMs: 5000 });
  const { url } = await submitLine(second);

  const job = await jobWhen(`${url}/hello-1`, (status) => status === 'completed');
  assert.equal(job.id, 'hello-1');
});

test('a folder that another start holds is refused', async (t) => {
  const folder = await newFolder(t);
  const first = start(t, folder, { latency: 'instant' }, '--key', 'local-key');
  const { url } = await submitLine(first);

  const second = start(t, folder, { latency: 'instant' });

  assert.equal(await second.ended, 1);
  assert.match(second.stderr(), /Another process runs from .* already\. Stop it first/u);
  const refused = await fetch(url);
  await refused.body?.cancel();
  assert.equal(refused.status, 401, 'with --key, calls need the key');
});
