import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { chatJob, progressOf, resultsOf, runApp, type RunningApp, submit, until } from './running-app.ts';

let app: RunningApp;

before(async () => {
  const latency = { firstTokenMs: 20, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 };
  app = await runApp({ latency });
});

after(async () => {
  await app.end();
});

const bodySchema = z.record(z.string(), z.unknown());

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${app.url()}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: text }),
  });
  const answer: unknown = await response.json();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, headers: response.headers, body: bodySchema.parse(answer) };
}

async function ended(id: string): Promise<Record<string, unknown>> {
  return until(`job ${id} ended`, app, async () => {
    const { status, body } = await call('GET', `/jobs/${id}`);
    const isOver = ['completed', 'dead-lettered', 'cancelled', 'expired'].includes(String(body['status']));
    return status === 200 && isOver ? body : undefined;
  });
}

test('one job is answered with 202, its address and an estimate, and ends with the model’s answer', async () => {
  const submitted = await call('POST', '/jobs', chatJob('single-1'));

  assert.equal(submitted.status, 202);
  assert.equal(submitted.headers.get('location'), `${app.url()}/api/jobs/single-1`);
  const estimate = z
    .object({
      promptTokens: z.number(),
      worstCaseTokens: z.number(),
      expectedWaitMs: z.number(),
      expectedStartAt: z.number(),
    })
    .parse(submitted.body['estimate']);
  assert.equal(estimate.worstCaseTokens, estimate.promptTokens + 60);
  const job = await ended('single-1');
  assert.equal(job['status'], 'completed');
  const result = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) });
  assert.ok((result.parse(job['result']).choices[0]?.message.content.length ?? 0) > 0);
  assert.equal(z.object({ promptTokens: z.number() }).parse(job['usage']).promptTokens, estimate.promptTokens);
});

test('the same id with the same body is the same job, with another body a conflict', async () => {
  const job = chatJob('twice-1');
  await call('POST', '/jobs', job);

  const again = await call('POST', '/jobs', job);
  const other = await call('POST', '/jobs', chatJob('twice-1', 'Something else.'));

  assert.equal(again.status, 202);
  assert.equal(other.status, 409);
  assert.match(other.type, /^application\/problem\+json/u);
  assert.equal((await ended('twice-1'))['status'], 'completed');
});

test('an Idempotency-Key gives a repeated call the same ids', async () => {
  const { id: _id, ...job } = chatJob('unused');
  const headers = { 'idempotency-key': 'order-7' };

  const first = await call('POST', '/jobs', { jobs: [job, job] }, headers);
  const second = await call('POST', '/jobs', { jobs: [job, job] }, headers);

  const ids = (answer: Record<string, unknown>): readonly string[] =>
    z
      .array(z.object({ id: z.string() }))
      .parse(answer['jobs'])
      .map((one) => one.id);
  assert.equal(new Set(ids(first.body)).size, 2);
  assert.deepEqual(ids(second.body), ids(first.body));
});

test('invalid jobs of a list are reported one by one, with paths, and the valid ones go in', async () => {
  const noModel = {
    request: { method: 'POST', url: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'x' }] } },
  };
  const elsewhere = {
    ...chatJob('bad-url'),
    request: { ...chatJob('x').request, url: '//evil.example/v1/chat/completions' },
  };
  const lines = [chatJob('list-1'), noModel, elsewhere].map((job) => JSON.stringify(job));

  const response = await call('POST', '/jobs?batchId=list', [...lines, 'no json', ''].join('\n'), {
    'content-type': 'application/x-ndjson',
  });

  assert.equal(response.status, 202);
  assert.deepEqual([response.body['accepted'], response.body['rejected']], [1, 3]);
  const jobs = z
    .array(z.object({ status: z.string(), problems: z.array(z.object({ path: z.string() })).optional() }))
    .parse(response.body['jobs']);
  assert.deepEqual(
    jobs.map((job) => [job.status === 'invalid', job.problems?.[0]?.path]),
    [
      [false, undefined],
      [true, 'request.body.model'],
      [true, 'request.url'],
      [true, ''],
    ],
  );
});

test('what can never run is refused at once, with the figures', async () => {
  const overflow = chatJob('overflow', 'word '.repeat(130_000));
  const unknown = chatJob('unknown-model', 'Hello.', 'gpt-99');
  const resident = { ...chatJob('resident'), options: { regions: ['eastus'] } };
  const capped = { ...chatJob('capped'), options: { maxCostUsd: 0.000001 } };

  const answers = await Promise.all(
    [overflow, unknown, resident, capped].map(async (job) => call('POST', '/jobs', job)),
  );

  assert.deepEqual(
    answers.map(({ status, body }) => [status, body['reason']]),
    [
      [422, 'ContextLengthExceeded'],
      [422, 'UnknownModel'],
      [422, 'UnknownModel'],
      [422, 'CostCapExceeded'],
    ],
  );
  const figures = z.object({ windowTokens: z.number(), overByTokens: z.number() }).parse(answers[0]?.body['figures']);
  assert.equal(figures.windowTokens, 128_000);
  assert.ok(figures.overByTokens > 2000);
  assert.match(String(answers[2]?.body['description']), /POOLS/u);
});

test('a body that is no job, too long or too much is refused with a problem', async () => {
  const tooMany = Array.from({ length: 1001 }, (_, index) =>
    JSON.stringify(chatJob(`many-${index}`, 'x', 'gpt-99')),
  ).join('\n');
  const answers = await Promise.all([
    call('POST', '/jobs', '{"request": '),
    call('POST', '/jobs', '[1]'),
    call('POST', '/jobs', '{"jobs": []}'),
    call('POST', '/jobs', { jobs: [chatJob('x')], batch: 'b' }),
    call('POST', '/jobs', tooMany, { 'content-type': 'application/x-ndjson' }),
    call('POST', '/jobs', chatJob('x', 'a'.repeat(17 * 1024 * 1024))),
    call('POST', '/jobs?batchId=a/b', chatJob('x')),
    call('GET', '/jobs?status=done&limit=0'),
    call('GET', '/jobs/nothing-here'),
    call('GET', '/batches/nothing-here'),
  ]);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [400, 400, 400, 400, 413, 413, 400, 400, 404, 404],
  );
  assert.ok(
    answers.every(({ type, body }) => type.startsWith('application/problem+json') && typeof body['code'] === 'string'),
  );
});

test('a large request travels as a blob and a streamed one is stored whole', async () => {
  const large = chatJob('large-1', 'A sentence of seven words stands here. '.repeat(6000));
  const streamed = { ...chatJob('streamed-1'), options: { stream: true } };

  const answers = await Promise.all([large, streamed].map(async (job) => call('POST', '/jobs', job)));

  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202],
  );
  assert.equal((await ended('large-1'))['status'], 'completed');
  const job = await ended('streamed-1');
  assert.equal(job['status'], 'completed');
  assert.equal(z.object({ object: z.string() }).parse(job['result']).object, 'chat.completion');
});

test('what would be accepted and never end is refused: ids too long, requests that grow, deep and endless bodies', async () => {
  const line = {
    custom_id: 'c'.repeat(100),
    method: 'POST',
    url: '/v1/chat/completions',
    body: chatJob('x').request.body,
  };
  const grown = chatJob('grown');
  const zeros = `[${Array.from({ length: 450_000 }, () => '1e20').join(',')}]`;
  const growing = JSON.stringify(grown).replace(
    '"max_tokens":60',
    `"max_tokens":60,"zz":${zeros},"yy":"${'y'.repeat(8_000_000)}"`,
  );
  const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key-${index}`, 'value']));
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field-${index}`, 1]));

  const answers = await Promise.all([
    call('POST', `/jobs?batchId=${'b'.repeat(100)}`, line),
    call('POST', '/jobs', growing),
    call('POST', '/jobs', { ...chatJob('much-metadata'), options: { metadata } }),
    call('POST', '/jobs', '['.repeat(1_000_000)),
    call('POST', '/jobs', fields),
    call('POST', '/jobs', chatJob('zipped'), { 'content-encoding': 'gzip' }),
  ]);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [422, 422, 400, 400, 400, 415],
  );
});

test('an embeddings job ends with vectors', async () => {
  const body = { model: 'text-embedding-3-small', input: ['one', 'two'] };

  await call('POST', '/jobs', { id: 'vectors-1', request: { method: 'POST', url: '/v1/embeddings', body } });

  const job = await ended('vectors-1');
  assert.equal(job['status'], 'completed');
  assert.equal(z.object({ data: z.array(z.unknown()) }).parse(job['result']).data.length, 2);
});

test('a batch shows its progress, pages its jobs and gives its results as batch output lines', async () => {
  const ids = Array.from({ length: 70 }, (_, index) => `page-${String(index).padStart(2, '0')}`);
  await submit(
    app,
    'pages',
    ids.map((id) => chatJob(id)),
  );

  await until('the batch is done', app, async () =>
    (await progressOf(app, 'pages'))?.isDone === true ? true : undefined,
  );
  const seen: string[] = [];
  let next: unknown;
  do {
    const from = typeof next === 'string' ? `&after=${next}` : '';
    const page = await call('GET', `/jobs?batchId=pages&status=completed&limit=30${from}`);
    seen.push(
      ...z
        .array(z.object({ id: z.string() }))
        .parse(page.body['jobs'])
        .map((job) => job.id),
    );
    ({ next } = page.body);
  } while (typeof next === 'string');
  const lines = await resultsOf(app, 'pages');

  assert.deepEqual(seen, ids);
  assert.deepEqual(lines.map((line) => line.custom_id).toSorted(), ids);
});

test('a cancelled job never ends otherwise, and a batch is cancelled whole', async () => {
  await app.killApp();
  await app.startApp();
  const later = { deadline: new Date(Date.now() + 3_600_000).toISOString() };
  await submit(
    app,
    'cancelled',
    ['cancel-1', 'cancel-2', 'cancel-3'].map((id) => ({ ...chatJob(id), options: later })),
  );

  const erasing = await call('DELETE', '/batches/cancelled?erase=true');
  const batch = await call('DELETE', '/batches/cancelled');
  const unknown = await call('DELETE', '/jobs/never-was');

  assert.equal(erasing.status, 400);
  assert.equal(batch.status, 200);
  assert.equal(unknown.status, 404);
  const states = await Promise.all(['cancel-1', 'cancel-2', 'cancel-3'].map(async (id) => ended(id)));
  const cancelled = states.filter((job) => job['status'] === 'cancelled').length;
  assert.equal(cancelled, batch.body['cancelled']);
  const again = await call(
    'DELETE',
    `/jobs/${cancelled > 0 ? String(states.find((job) => job['status'] === 'cancelled')?.['id']) : 'cancel-1'}`,
  );
  assert.ok(again.status === 200 || again.status === 409);
});

test('a job whose deadline has passed expires unsent', async () => {
  const options = { deadline: new Date(Date.now() - 1000).toISOString() };

  await call('POST', '/jobs', { ...chatJob('late-deadline'), options });

  const job = await ended('late-deadline');
  assert.equal(job['status'], 'expired');
  assert.equal(job['attemptCount'], undefined);
});

test('health is open to all and says that the app can work', async () => {
  const { status, body } = await call('GET', '/health');

  assert.equal(status, 200);
  assert.equal(body['isHealthy'], true);
});
