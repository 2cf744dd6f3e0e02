import { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { runCommand } from './run-command.ts';
import { chatJob, runApp, type RunningApp, submit, until } from './running-app.ts';

let app: RunningApp;
let bus: ServiceBusClient;

before(async () => {
  const latency = { firstTokenMs: 20, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 };
  app = await runApp({ latency });
  bus = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
});

after(async () => {
  await bus.close();
  await app.end();
});

const bodySchema = z.looseObject({
  code: z.string().optional(),
  problems: z.array(z.object({ path: z.string() })).default([]),
  status: z.union([z.string(), z.number()]).optional(),
  counts: z.record(z.string(), z.unknown()).default({}),
  jobs: z.array(z.looseObject({ id: z.string(), outcome: z.string().optional() })).default([]),
  deadLetters: z.array(z.looseObject({ id: z.string(), reason: z.string(), remedy: z.string() })).default([]),
  messages: z
    .array(z.looseObject({ queue: z.string(), sequenceNumber: z.string(), isFinal: z.boolean().optional() }))
    .default([]),
  changed: z.boolean().optional(),
  paused: z.unknown().optional(),
  replays: z.array(z.looseObject({ reason: z.string() })).optional(),
});

type Answer = z.infer<typeof bodySchema> & { readonly http: number };

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${app.url()}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { ...bodySchema.parse(text === '' ? {} : JSON.parse(text)), http: response.status };
}

async function inState(id: string, state: string): Promise<Answer> {
  return until(`job ${id} is ${state}`, app, async () => {
    const answer = await call('GET', `/jobs/${id}`);
    return answer.status === state ? answer : undefined;
  });
}

/** Puts jobs straight onto the intake: over HTTP they would be refused. Resolves when they are dead letters. */
async function bury(batchId: string, ...jobs: readonly ReturnType<typeof chatJob>[]): Promise<void> {
  await bus.createSender('jobs').sendMessages(jobs.map((job) => ({ body: { ...job, batchId } })));
  await Promise.all(jobs.map(async ({ id }) => inState(id, 'dead-lettered')));
}

async function lettersOf(...ids: readonly string[]): Promise<number> {
  // Without a number a peek goes on where the last one of the queue ended, whatever receiver made it.
  const all = { fromSequenceNumber: Long.ZERO };
  const peeked = await Promise.all(
    ['jobs', 'jobs-gpt-4o-mini', 'jobs-gpt-4o'].map(async (queue) =>
      bus.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(100, all),
    ),
  );
  const jobIds = peeked.flat().map(({ applicationProperties }) => String(applicationProperties?.['jobId']));
  return jobIds.filter((jobId) => ids.includes(jobId)).length;
}

function cli(...args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand('cli/sluice.ts', [...args, '--url', app.url()]);
}

async function printed(...args: readonly string[]): Promise<{ readonly code: number | string; readonly text: string }> {
  const command = cli(...args);
  return { code: await command.ended, text: `${command.stdout()}${command.stderr()}` };
}

/** Needs more output than any window has, until a replay lowers it. */
function greedyJob(id: string): ReturnType<typeof chatJob> {
  const job = chatJob(id, 'word '.repeat(50));
  return { ...job, request: { ...job.request, body: { ...job.request.body, max_tokens: 200_000 } } };
}

test('dead letters are listed with their remedies, tried dry, patched, and run to their end with their history', async () => {
  await bury('first', chatJob('model-1', 'Hello.', 'gpt-99'), greedyJob('greedy-1'));

  const listed = await call('GET', '/dead-letters?batchId=first');
  assert.deepEqual(listed.counts, { total: 2, byReason: { ContextLengthExceeded: 1, UnknownModel: 1 } });
  assert.deepEqual(
    listed.deadLetters.map(({ id, reason }) => [id, reason]),
    [
      ['greedy-1', 'ContextLengthExceeded'],
      ['model-1', 'UnknownModel'],
    ],
  );
  const plain = await call('POST', '/dead-letters/replay', { ids: ['model-1'] });
  assert.partialDeepStrictEqual(plain.jobs, [{ outcome: 'refused', reason: 'UnknownModel' }]);
  const selection = { batchId: 'first', patch: { model: 'gpt-4o', maxOutputTokens: 50 } };
  const dry = await call('POST', '/dead-letters/replay', { ...selection, dryRun: true });
  assert.deepEqual(dry.counts, { 'would-replay': 2 });

  const replayed = await call('POST', '/dead-letters/replay', selection);

  assert.deepEqual(replayed.counts, { replayed: 2 });
  for (const id of ['model-1', 'greedy-1']) {
    const job = await inState(id, 'completed');
    assert.equal(job.replays?.length, 1);
    assert.equal(job['model'], 'gpt-4o');
  }
  assert.equal(await lettersOf('model-1', 'greedy-1'), 0);
  const again = await call('POST', '/dead-letters/replay', { ids: ['model-1'] });
  assert.partialDeepStrictEqual(again.jobs, [{ outcome: 'not-a-dead-letter', state: 'completed' }]);
});

test('a conversation that is too long for its model is replayed trimmed', async () => {
  // Four tokens and four bytes a character: 180,000 tokens in a message that a queue takes.
  const turn = [
    { role: 'user', content: '𓀀'.repeat(5000) },
    { role: 'assistant', content: 'Go on.' },
  ];
  const messages = [...Array.from({ length: 9 }, () => turn).flat(), { role: 'user', content: 'And now?' }];
  const job = chatJob('long-1');
  await bury('long', { ...job, request: { ...job.request, body: { ...job.request.body, messages } } });

  const command = await printed('dead-letters', 'replay', 'long-1', '--on-overflow', 'trim');

  assert.deepEqual(command, { code: 0, text: 'replayed: 1\n' });
  const ended = await inState('long-1', 'completed');
  assert.partialDeepStrictEqual(ended, {
    fitting: { kind: 'trimmed' },
    replays: [{ reason: 'ContextLengthExceeded' }],
  });
});

test('a purge takes what it means and nothing else; what is no job is purged by its name', async () => {
  await bury('second', chatJob('purged-1', 'Hello.', 'gpt-99'), chatJob('kept-1', 'Hello.', 'gpt-99'));
  await bus.createSender('jobs').sendMessages([{ body: Buffer.from('no job') }]);
  const message = await until('the message is shown', app, async () => {
    const { messages } = await call('GET', '/dead-letters?reason=InvalidJob');
    return messages[0];
  });

  const purged = await call('POST', '/dead-letters/purge', { ids: ['purged-1'] });
  const { queue, sequenceNumber } = message;
  const alone = await call('POST', '/dead-letters/purge', { messages: [{ queue, sequenceNumber }] });

  assert.deepEqual(purged.counts, { purged: 1 });
  assert.deepEqual(alone.messages, [{ queue, sequenceNumber, outcome: 'purged' }]);
  assert.equal((await call('GET', '/jobs/purged-1')).http, 404);
  assert.equal((await call('GET', '/jobs/kept-1')).status, 'dead-lettered');
  assert.deepEqual([await lettersOf('purged-1'), await lettersOf('kept-1')], [0, 1]);
  assert.deepEqual((await call('GET', '/dead-letters?reason=InvalidJob')).messages, []);
});

test('an ended job is erased whole; one that goes on is not', async () => {
  await bury('third', chatJob('erased-1', 'Hello.', 'gpt-99'));

  assert.equal((await call('DELETE', '/jobs/erased-1?erase=true')).http, 204);

  assert.equal((await call('GET', '/jobs/erased-1')).http, 404);
  assert.equal((await call('DELETE', '/jobs/erased-1?erase=true')).http, 404);
  assert.equal(await lettersOf('erased-1'), 0);
  assert.equal((await call('DELETE', '/jobs/erased-1?erase=maybe')).http, 400);
  const { paused } = await call('POST', '/pools/pause');
  const [pause] = z.array(z.object({ at: z.int() })).parse(paused);
  assert.ok(pause !== undefined, 'times are whole milliseconds');
  await submit(app, 'third', [chatJob('going-1')]);
  const going = await call('DELETE', '/jobs/going-1?erase=true');
  await call('POST', '/pools/resume');
  assert.deepEqual([going.http, going.code], [409, 'jobs.not-ended']);
  await inState('going-1', 'completed');
});

test('what cannot be used is refused with its path', async () => {
  const nothing = await call('POST', '/dead-letters/replay', {});
  const patch = await call('POST', '/dead-letters/replay', { all: true, patch: { colour: 'red' } });
  const text = await call('POST', '/dead-letters/purge', 'no json');
  const query = await call('GET', '/dead-letters?limit=9999');
  const pool = await call('POST', '/pools/none/pause');
  const note = await call('POST', '/pools/pause', { note: 7 });

  assert.deepEqual(
    [nothing, patch, text, query, pool, note].map(({ http }) => http),
    [400, 400, 400, 400, 404, 400],
  );
  assert.deepEqual(patch.problems, [{ path: 'patch.colour' }]);
  assert.deepEqual(query.problems, [{ path: 'limit' }]);
  assert.deepEqual(note.problems, [{ path: 'note' }]);
});

test('a job that the broker gave up while its pool was paused is shown, becomes a dead letter, and is replayed', async () => {
  const paused = await printed('pause', 'gpt-4o-mini', '--note', 'a test');
  assert.match(paused.text, /^gpt-4o-mini: paused\.\n {2}gpt-4o-mini: paused since /u);
  await until('no pump pulls', app, async () => {
    const { text } = await printed('pools');
    return /gpt-4o-mini .* since .*: a test/u.test(text) ? true : undefined;
  });
  await submit(app, 'fourth', [chatJob('given-up-1')]);
  const receiver = bus.createReceiver('jobs-gpt-4o-mini');
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.ok(message !== undefined, 'the paused pool leaves its job in the queue');
  await receiver.deadLetterMessage(message, {
    deadLetterReason: 'MaxDeliveryCountExceeded',
    deadLetterErrorDescription: 'By the broker.',
  });
  await receiver.close();

  const job = await inState('given-up-1', 'dead-lettered');

  assert.equal(job['reason'], 'WorkerCrashed');
  assert.equal((await printed('resume', 'gpt-4o-mini')).code, 0);
  const replayed = await printed('dead-letters', 'replay', 'given-up-1');
  assert.deepEqual(replayed, { code: 0, text: 'replayed: 1\n' });
  await inState('given-up-1', 'completed');
});

test('the command line lists, tries, replays and purges, and says what it could not do', async () => {
  await bury('fifth', chatJob('cli-1', 'Hello.', 'gpt-99'), chatJob('cli-2', 'Hello.', 'gpt-99'));

  const listed = await printed('dead-letters', 'list', '--batch', 'fifth');
  assert.match(listed.text, /2 dead letters\.[\s\S]*UnknownModel[\s\S]*cli-1 [\s\S]*cli-2 /u);
  const asJson = await printed('dead-letters', 'list', '--batch', 'fifth', '--json');
  assert.equal(bodySchema.parse(JSON.parse(asJson.text)).deadLetters.length, 2);
  const refused = await printed('dead-letters', 'replay', 'cli-1', 'none');
  assert.equal(refused.code, 3);
  assert.match(refused.text, /refused: 1, unknown: 1[\s\S]*cli-1 +refused +UnknownModel/u);
  const dry = await printed('dead-letters', 'replay', '--batch', 'fifth', '--model', 'gpt-4o', '--dry-run');
  assert.deepEqual(dry, { code: 0, text: 'would-replay: 2\n' });
  const replayed = await printed('dead-letters', 'replay', 'cli-1', '--model', 'gpt-4o');
  assert.deepEqual(replayed, { code: 0, text: 'replayed: 1\n' });
  await inState('cli-1', 'completed');

  assert.equal((await printed('dead-letters', 'purge', '--batch', 'fifth')).code, 2, 'nobody can be asked');
  assert.equal((await call('GET', '/jobs/cli-2')).status, 'dead-lettered');
  assert.deepEqual(await printed('dead-letters', 'purge', '--batch', 'fifth', '--yes'), {
    code: 0,
    text: 'purged: 1\n',
  });
  assert.equal((await call('GET', '/jobs/cli-2')).http, 404);
});

test('the command line sums the app up', async () => {
  const { code, text } = await printed('status');

  assert.equal(code, 0);
  assert.match(
    text,
    /is healthy\.[\s\S]*Cosmos DB +ok[\s\S]*gpt-4o-mini[\s\S]*eastus[\s\S]*closed[\s\S]*dead letters/u,
  );
});
