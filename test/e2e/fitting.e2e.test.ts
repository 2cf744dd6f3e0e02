import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { type ChatJob, chatJob, progressOf, runApp, type RunningApp, submit, until } from './running-app.ts';

/** The model is in one region only, so that the second call of a job meets the service that refused the first. */
const models = [
  { name: 'gpt-4o-mini', tokensPerMinute: { eastus: 200_000 }, requestsPerMinute: { eastus: 1200 } },
  { name: 'gpt-4o', tokensPerMinute: { swedencentral: 80_000 }, requestsPerMinute: { swedencentral: 480 } },
];

/** By the app's settings; the simulated service takes more. */
const windowTokens = 1000;

let app: RunningApp;

before(async () => {
  const latency = { firstTokenMs: 20, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 };
  const MODELS = JSON.stringify([{ name: 'gpt-4o-mini', contextTokens: windowTokens }]);
  app = await runApp({ latency, models }, { MODELS });
});

after(async () => {
  await app.end();
});

const words = (count: number): string => 'word '.repeat(count);

/** Three turns of some 300 tokens, with tool calls, and a question that must be answered. */
const conversation = [
  { role: 'system', content: 'You answer in one sentence.' },
  { role: 'user', content: words(300) },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"what":"words"}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: words(20) },
  { role: 'user', content: words(300) },
  { role: 'assistant', content: words(10) },
  { role: 'user', content: words(300) },
  { role: 'assistant', content: words(10) },
  { role: 'user', content: 'Which word was it?' },
];

function longJob(id: string, onOverflow: string, maxTokens = 300): ChatJob & { readonly options: unknown } {
  const { request } = chatJob(id);
  const body = { ...request.body, messages: conversation, max_tokens: maxTokens };
  return { id, request: { ...request, body }, options: { onOverflow } };
}

/** Submits one job; what the app answers. */
async function accepted(batchId: string, jobs: readonly ChatJob[]): Promise<Readonly<Record<string, unknown>>> {
  const response = await submit(app, batchId, jobs);
  const text = await response.text();
  assert.equal(response.status, 202, text);
  const answers = z.object({ jobs: z.array(z.record(z.string(), z.unknown())) }).parse(JSON.parse(text));
  return answers.jobs[0] ?? {};
}

const viewSchema = z.object({
  status: z.string(),
  promptTokens: z.number(),
  attemptCount: z.number(),
  usage: z.object({ promptTokens: z.number() }),
  fitting: z.record(z.string(), z.unknown()),
});

async function ended(batchId: string, id: string): Promise<z.infer<typeof viewSchema>> {
  await until(`batch ${batchId} is done`, app, async () => (await progressOf(app, batchId))?.isDone || undefined);
  const response = await fetch(`${app.url()}/api/jobs/${id}`);
  return viewSchema.parse(await response.json());
}

const callsSchema = z.object({
  calls: z.array(
    z.object({ clientRequestId: z.string(), status: z.number(), promptTokens: z.number(), cost: z.number() }),
  ),
});

async function callsOf(id: string): Promise<z.infer<typeof callsSchema>['calls']> {
  const response = await fetch(`${app.stack().adminUrl}/admin/calls`);
  return callsSchema.parse(await response.json()).calls.filter((call) => call.clientRequestId === id);
}

test('a conversation that is too long completes with its oldest turns left out, and says so', async () => {
  const answer = await accepted('trimmed', [longJob('trimmed-1', 'trim')]);

  const job = await ended('trimmed', 'trimmed-1');
  const [call, ...more] = await callsOf('trimmed-1');
  assert.equal(job.status, 'completed');
  assert.partialDeepStrictEqual(job.fitting, {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 3,
    keptMessages: 6,
    keptTokens: job.promptTokens,
  });
  assert.deepEqual(answer['fitting'], job.fitting);
  // The service counted what we sent, token for token, and admitted it at its cost.
  assert.partialDeepStrictEqual(call, { status: 200, promptTokens: job.promptTokens });
  assert.deepEqual(more, []);
  assert.equal(job.usage.promptTokens, job.promptTokens);
  const left = [conversation[0], ...conversation.slice(4)];
  const cost = left.reduce((sum, message) => sum + Math.floor((message?.content ?? '').length / 4) + 1, 300);
  assert.equal(call?.cost, cost);
});

test('a result of the batch has beside its response what was left out', async () => {
  await accepted('line', [longJob('line-1', 'trim')]);
  const job = await ended('line', 'line-1');

  const response = await fetch(`${app.url()}/api/batches/line/results`);

  const line = z.record(z.string(), z.unknown()).parse(JSON.parse(await response.text()));
  assert.deepEqual(Object.keys(line).toSorted(), ['custom_id', 'error', 'fitting', 'id', 'response']);
  assert.deepEqual(line['fitting'], job.fitting);
});

test('a request that asks for too much output completes with what the window leaves', async () => {
  const long = longJob('less-1', 'reduce-output', 900);
  const body = { ...long.request.body, messages: conversation.slice(4) };
  await accepted('less', [{ ...long, request: { ...long.request, body } }]);

  const job = await ended('less', 'less-1');

  assert.deepEqual(job.fitting, {
    kind: 'output-reduced',
    fromTokens: 900,
    toTokens: windowTokens - job.promptTokens,
  });
});

test('the refusal of a service that counts more corrects the count: the job is called once more, and completes', async () => {
  const message = `This model's maximum context length is ${windowTokens} tokens. However, you requested 1100 tokens (800 in the messages, 300 in the completion). Please reduce the length of the messages or completion.`;
  const error = { message, type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' };
  const fault = { status: 400, count: 1, body: { error } };
  const added = await fetch(`${app.stack().adminUrl}/admin/regions/eastus/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  assert.ok(added.ok);

  await accepted('corrected', [longJob('corrected-1', 'trim')]);
  const job = await ended('corrected', 'corrected-1');

  assert.partialDeepStrictEqual(job, { status: 'completed', attemptCount: 2 });
  assert.partialDeepStrictEqual(job.fitting, {
    droppedTurns: 2,
    droppedMessages: 5,
    correction: { contextTokens: windowTokens, inputTokens: windowTokens },
  });
  const calls = await callsOf('corrected-1');
  assert.deepEqual(
    calls.map((call) => call.status),
    [400, 200],
  );
  assert.equal(calls[1]?.promptTokens, job.promptTokens);
});
