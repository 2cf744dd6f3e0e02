import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { runCommand } from './run-command.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const regions = { eastus: 1_000_000, swedencentral: 1_000_000 };
const requests = { eastus: 60_000, swedencentral: 60_000 };
const models = ['gpt-4o-mini', 'gpt-4o'].map((name) => ({
  name,
  tokensPerMinute: regions,
  requestsPerMinute: requests,
}));

/** Models that never answer. */
const slowLayout = JSON.stringify({
  models,
  latency: { firstTokenMs: 300_000, tokensPerSecond: 1, tailProbability: 0, tailFactor: 1 },
});

function batchLine(customId: string, model = 'gpt-4o-mini', url = '/v1/chat/completions') {
  const messages = [{ role: 'user', content: `Say ${customId}.` }];
  return { custom_id: customId, method: 'POST', url, body: { model, messages, max_tokens: 40 } };
}

async function fileOf(name: string, lines: readonly unknown[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

const summarySchema = z.strictObject({
  submitted: z.number(),
  completed: z.number(),
  deadLettered: z.record(z.string(), z.number()),
  lost: z.number(),
  duplicates: z.number(),
  throttled429: z.number(),
  utilisation: z.record(z.string(), z.number()),
  seconds: z.number(),
});

const resultSchema = z.strictObject({
  id: z.string(),
  custom_id: z.string(),
  response: z
    .strictObject({
      status_code: z.literal(200),
      request_id: z.string(),
      body: z.looseObject({ choices: z.array(z.unknown()) }),
    })
    .nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});

test('the demo accounts for every line, however it ended and whichever way it went in', async () => {
  const good = Array.from({ length: 24 }, (_, index) => batchLine(`good-${index}`, models[index % 2]?.name));
  const tooLong = 'x'.repeat(200);
  const bad = [
    batchLine('unknown-over-http', 'gpt-1'),
    batchLine('unknown-over-queue', 'gpt-1'),
    batchLine('invalid-over-http', 'gpt-4o', '/v1/images'),
    batchLine('invalid-over-queue', 'gpt-4o', '/v1/images'),
    {
      ...batchLine('filtered'),
      body: { model: 'gpt-4o', messages: [{ role: 'user', content: '[[sluice:content-filter]]' }] },
    },
    batchLine(tooLong),
  ];
  const lines = [...good, ...bad];
  const file = await fileOf('mixed.jsonl', lines);
  const out = join(folder, 'mixed.out.jsonl');
  const layout = JSON.stringify({
    models,
    latency: { firstTokenMs: 20, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 },
  });

  const demo = runCommand('local/demo.ts', [file, '--out', out, '--folder', join(folder, 'mixed'), '--layout', layout]);

  assert.equal(await demo.ended, 0, demo.stderr());
  const stdout = demo.stdout().trimEnd().split('\n');
  const summary = summarySchema.parse(JSON.parse(stdout.at(-1) ?? ''));
  const { seconds, utilisation, ...counts } = summary;
  assert.deepEqual(counts, {
    submitted: lines.length,
    completed: good.length,
    deadLettered: { UnknownModel: 2, InvalidJob: 3, ContentFiltered: 1 },
    lost: 0,
    duplicates: 0,
    throttled429: 0,
  });
  assert.ok(seconds > 0);
  assert.deepEqual(Object.keys(utilisation), ['eastus', 'swedencentral']);
  const results = (await readFile(out, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => resultSchema.parse(JSON.parse(line)));
  assert.deepEqual(results.map((line) => line.custom_id).toSorted(), lines.map((line) => line.custom_id).toSorted());
  const codes = Object.fromEntries(
    results.filter((line) => line.response === null).map((line) => [line.custom_id, line.error?.code]),
  );
  assert.deepEqual(codes, {
    'unknown-over-http': 'UnknownModel',
    'unknown-over-queue': 'UnknownModel',
    'invalid-over-http': 'InvalidJob',
    'invalid-over-queue': 'InvalidJob',
    filtered: 'ContentFiltered',
    [tooLong]: 'InvalidJob',
  });
  assert.ok(results.every((line) => (line.response === null) !== (line.error === null)));
});

test('lines that have not ended in time are named, and the exit code is 1', async () => {
  const file = await fileOf('late.jsonl', [batchLine('slow-1'), batchLine('slow-2')]);
  const out = join(folder, 'late.out.jsonl');

  const args = [file, '--out', out, '--folder', join(folder, 'late'), '--layout', slowLayout, '--timeout', '8'];
  const demo = runCommand('local/demo.ts', args);

  assert.equal(await demo.ended, 1);
  assert.match(demo.stderr(), /Not accounted for after 8 s: line 1 \(slow-1, .*\), line 2 \(slow-2, .*\)\./u);
  const summary = summarySchema.parse(JSON.parse(demo.stdout().trimEnd().split('\n').at(-1) ?? ''));
  assert.equal(summary.lost, 2);
});

test('an interrupted demo stops what it started, and leaves no half-written results', async () => {
  const file = await fileOf('interrupted.jsonl', [batchLine('slow-1'), batchLine('slow-2')]);
  const out = join(folder, 'interrupted.out.jsonl');
  const args = [file, '--out', out, '--folder', join(folder, 'interrupted'), '--layout', slowLayout];
  const demo = runCommand('local/demo.ts', args);
  await demo.saying(/Batch demo-/u);

  demo.interrupt();

  assert.equal(await demo.ended, 130);
  assert.match(demo.stderr(), /Interrupted; everything is stopped\./u);
  const written = (await readdir(folder)).filter((name) => name.startsWith('interrupted.out'));
  assert.deepEqual(written, []);
});

test('a bad file is refused by the number of its line, before anything starts', async () => {
  const file = await fileOf('bad.jsonl', [batchLine('a'), 'no batch line']);

  const demo = runCommand('local/demo.ts', [file]);

  assert.equal(await demo.ended, 2);
  assert.match(demo.stderr(), /bad\.jsonl, line 2: it is no batch line/u);
});
