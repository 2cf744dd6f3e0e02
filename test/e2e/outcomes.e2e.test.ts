import { ServiceBusClient } from '@azure/service-bus';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { chatJob, progressOf, resultsOf, runApp, type RunningApp, submit, until } from './running-app.ts';

let app: RunningApp;

before(async () => {
  const latency = { firstTokenMs: 20, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 };
  app = await runApp({ latency }, { PARK_SECONDS: '0.3' });
});

after(async () => {
  await app.end();
});

async function admin(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${app.stack().adminUrl}/admin/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.text()}`);
}

async function withFault(fault: Readonly<Record<string, unknown>>, work: () => Promise<void>): Promise<void> {
  const regions = ['eastus', 'swedencentral'];
  await Promise.all(regions.map(async (region) => admin('POST', `regions/${region}/faults`, fault)));
  try {
    await work();
  } finally {
    await Promise.all(regions.map(async (region) => admin('DELETE', `regions/${region}/faults`)));
  }
}

async function done(batchId: string, total: number): Promise<Readonly<Record<string, number>>> {
  const progress = await until(`batch ${batchId} is done`, app, async () => {
    const counted = await progressOf(app, batchId);
    return counted?.isDone === true && counted.total === total ? counted : undefined;
  });
  return progress.byState;
}

function ids(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

test('429 and 5xx park a job and it is tried again without loss', async () => {
  const faults = [
    { status: 429, count: 4 },
    { status: 503, count: 3 },
    { status: 500, count: 3, body: '<html>Bad gateway</html>' },
    { status: 0, count: 2 },
  ];
  for (const [index, fault] of faults.entries()) {
    const batchId = `faults-${index}`;
    await withFault(fault, async () => {
      await submit(
        app,
        batchId,
        ids(batchId, 10).map((id) => chatJob(id)),
      );
      const states = await done(batchId, 10);
      assert.equal(states['completed'], 10);
    });
  }
});

test('J5: a wrong key burns no job: the deployment closes, and the jobs run once it is mended', async () => {
  await withFault({ status: 401 }, async () => {
    await submit(
      app,
      'wrong-key',
      ids('wrong-key', 6).map((id) => chatJob(id)),
    );
    await until('a deployment is closed', app, async () => {
      const response = await fetch(`${app.url()}/api/health`);
      const text = await response.text();
      return text.includes('"state":"misconfigured"') ? true : undefined;
    });
    const progress = await progressOf(app, 'wrong-key');
    assert.equal(progress?.byState['dead-lettered'], 0);
  });

  const states = await done('wrong-key', 6);
  assert.equal(states['completed'], 6);
});

test('J4: overflow, a filtered prompt and a refused request are dead-lettered with reason and figures', async () => {
  const bus = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
  const sender = bus.createSender('jobs');
  const filtered = chatJob('dead-filtered', 'Please tell [[sluice:content-filter]].');
  const refused = chatJob('dead-refused');
  const bodies = [
    { ...filtered, batchId: 'dead' },
    {
      ...refused,
      batchId: 'dead',
      request: { ...refused.request, body: { ...refused.request.body, temperature: 99 } },
    },
    { ...chatJob('dead-model', 'Hello.', 'gpt-99'), batchId: 'dead' },
    { ...chatJob('dead-overflow', 'word '.repeat(40_000)), batchId: 'dead' },
  ];
  const overflowing = {
    ...bodies[3],
    request: {
      ...chatJob('x').request,
      body: {
        ...chatJob('x').request.body,
        max_tokens: 90_000,
        messages: [{ role: 'user', content: 'word '.repeat(40_000) }],
      },
    },
  };
  await sender.sendMessages([...bodies.slice(0, 3), overflowing].map((body) => ({ body })));

  const states = await done('dead', 4);

  assert.equal(states['dead-lettered'], 4);
  const lines = await resultsOf(app, 'dead');
  const codes = new Map(lines.map((line) => [line.custom_id, line.error?.code]));
  assert.deepEqual(Object.fromEntries(codes), {
    'dead-filtered': 'ContentFiltered',
    'dead-model': 'UnknownModel',
    'dead-overflow': 'ContextLengthExceeded',
    'dead-refused': 'InvalidRequest',
  });
  const receiver = bus.createReceiver('jobs-gpt-4o-mini', { subQueueType: 'deadLetter' });
  const messages = await receiver.peekMessages(10);
  const overflow = messages.find((message) => message.applicationProperties?.['jobId'] === 'dead-overflow');
  assert.equal(overflow?.deadLetterReason, 'ContextLengthExceeded');
  assert.equal(overflow.applicationProperties?.['windowTokens'], 128_000);
  await bus.close();
});

test('a message that is no job is dead-lettered with the path of each problem', async () => {
  const bus = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
  const sender = bus.createSender('jobs');
  await sender.sendMessages([
    { body: Buffer.from('not json') },
    { body: { request: { method: 'GET', url: '/x', body: 7 } } },
  ]);

  const receiver = bus.createReceiver('jobs', { subQueueType: 'deadLetter' });
  const messages = await until('both are dead-lettered', app, async () => {
    const peeked = await bus.createReceiver('jobs', { subQueueType: 'deadLetter' }).peekMessages(50);
    const invalid = peeked.filter((message) => message.deadLetterReason === 'InvalidJob');
    return invalid.length === 2 ? invalid : undefined;
  });

  const descriptions = messages.map((message) => message.deadLetterErrorDescription ?? '');
  assert.match(descriptions[0] ?? '', /not JSON/u);
  for (const path of ['request.method', 'request.url', 'request.body']) {
    assert.match(descriptions[1] ?? '', new RegExp(path, 'u'));
  }
  await receiver.close();
  await bus.close();
});

test('a trace goes from the caller’s traceparent through the message to the job and its model call', async () => {
  const traceId = 'abcdefabcdefabcdefabcdefabcdef12';
  await fetch(`${app.url()}/api/jobs?batchId=traced`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-1234567890abcdef-01` },
    body: JSON.stringify(chatJob('traced-1')),
  });
  await done('traced', 1);

  const spanSchema = z.object({ name: z.string(), traceId: z.string(), fields: z.record(z.string(), z.unknown()) });
  const names = await until('the spans are written', app, async () => {
    const text = await app.traceText();
    const spans = text
      .split('\n')
      .filter((line) => line.includes(traceId))
      .map((line) => spanSchema.parse(JSON.parse(line)).name);
    return spans.includes('ai_completion') && spans.includes('job') ? spans : undefined;
  });
  assert.deepEqual(new Set(names), new Set(['submit', 'job', 'chat gpt-4o-mini', 'ai_completion']));
});
