import { ServiceBusClient } from '@azure/service-bus';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { parseJobEnvelope } from '../../shared/jobs/job-envelope.ts';
import { readShortJson } from '../../shared/json/read-json.ts';
import { chatJob, runApp, type RunningApp, until } from '../e2e/running-app.ts';
import { settingsFor, tryAll } from './fuzz-settings.ts';
import { type FuzzJob, fuzzJob, hostileText, hostileValue } from './hostile-jobs.ts';
import { checkAnswer, rawRequest } from './raw-request.ts';
import { hostileMessage, sendHostile } from './hostile-messages.ts';

/** Lines of one call: an input each. */
const linesPerCall = 50;

let app: RunningApp;
let client: ServiceBusClient;

const everywhere = (most: number) => ({ eastus: most, swedencentral: most });
const quota = { tokensPerMinute: everywhere(50_000_000), requestsPerMinute: everywhere(5_000_000) };
const models = ['gpt-4o-mini', 'text-embedding-3-small'].map((name) => ({ name, ...quota }));

before(async () => {
  app = await runApp({ latency: 'instant', models });
  client = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
});

after(async () => {
  await client.close();
  await app.end();
});

const entrySchema = z.object({
  status: z.string(),
  problems: z.array(z.object({ path: z.string(), message: z.string().min(1) })).optional(),
});

/** What the contract says of one job, and what was answered for it. */
function checkEntry({ text, isWhole }: FuzzJob, answer: unknown): void {
  const entry = entrySchema.parse(answer);
  const json = readShortJson(text);
  const parsed = json.kind === 'read' ? parseJobEnvelope(json.value) : json;
  if (parsed.kind === 'invalid') {
    assert.equal(entry.status, 'invalid');
    assert.deepEqual(entry.problems, parsed.problems);
  } else {
    assert.notEqual(entry.status, 'invalid');
  }
  assert.ok(!isWhole || !['invalid', 'refused'].includes(entry.status), JSON.stringify(answer));
}

async function completes(id: string): Promise<void> {
  const answer = await rawRequest(app.url(), { method: 'POST', path: '/api/jobs', body: JSON.stringify(chatJob(id)) });
  assert.equal(answer.status, 202, `${answer.text}\n${app.log()}`);
  await until(`job ${id} is completed`, app, async () => {
    const { text } = await rawRequest(app.url(), { method: 'GET', path: `/api/jobs/${id}` });
    return text.includes('"status":"completed"') ? true : undefined;
  });
}

/** Nothing waits, is locked or is scheduled: whatever was a job has ended as well. */
async function areQueuesEmpty(): Promise<true | undefined> {
  for (const queue of ['jobs', ...models.flatMap(({ name }) => [`jobs-${name}`, `jobs-${name}-high`])]) {
    const receiver = client.createReceiver(queue);
    const [message] = await receiver.peekMessages(1);
    await receiver.close();
    if (message !== undefined) {
      return undefined;
    }
  }
  return true;
}

test('each line of a call is taken or refused with its paths, as the parser says, and a good job completes after all of them', async () => {
  const line = fuzzJob.map((job) => ({ ...job, text: job.text.replaceAll(/[\r\n]/gu, ' ') }));
  await tryAll(line, { part: 0.5, atOnce: linesPerCall }, async (jobs) => {
    const answer = await rawRequest(app.url(), {
      method: 'POST',
      path: '/api/jobs?batchId=fuzz',
      headers: { 'content-type': 'application/x-ndjson' },
      body: jobs.map(({ text }) => text).join('\n'),
    });

    checkAnswer(answer);
    const { jobs: entries } = z.object({ jobs: z.array(z.unknown()) }).parse(JSON.parse(answer.text));
    const sent = jobs.filter(({ text }) => text.trim() !== '');
    assert.equal(entries.length, sent.length);
    for (const [index, job] of sent.entries()) {
      checkEntry(job, entries[index]);
    }
  });
  await completes('after-lines');
});

test('any body with any headers is answered, never with a 5xx, and a refusal says what is wrong where', async () => {
  const header = hostileText.map((text) => text.replaceAll(/[^\u0020-\u007e\u00a1-\u00ff]/gu, ''));
  const body = fc.oneof(
    { arbitrary: fuzzJob.map(({ text }) => text), weight: 3 },
    fc.array(fuzzJob, { maxLength: 3 }).map((jobs) => `{"jobs":[${jobs.map(({ text }) => text).join(',')}]}`),
    fc.uint8Array({ maxLength: 40 }),
    fuzzJob.map(({ text }) => Buffer.from(text, 'utf16le')),
    fuzzJob.map(({ text }) => Buffer.from(`\uFEFF${text}`)),
    fc.constantFrom('', ' ', '[]', 'null', '0', '"text"', '{}', '[{}]', '{"jobs":{}}', '{"jobs":[[]]}'),
  );
  const headers = fc.record(
    {
      'content-type': fc.oneof(
        header,
        fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data'),
      ),
      'idempotency-key': header,
      traceparent: fc.oneof(header, fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')),
      tracestate: header,
      'content-encoding': fc.oneof({ arbitrary: fc.constant('identity'), weight: 5 }, header),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      body,
      headers,
      fc.option(hostileText, { nil: undefined, freq: 5 }),
      async (sent, given, batchId) => {
        const query = batchId === undefined ? '' : `?batchId=${encodeURIComponent(batchId.toWellFormed())}`;
        const answer = await rawRequest(app.url(), {
          method: 'POST',
          path: `/api/jobs${query}`,
          headers: { 'content-type': 'application/json', ...given },
          body: sent,
        });

        checkAnswer(answer);
      },
    ),
    settingsFor(0.25, false),
  );
  await completes('after-bodies');
});

test('any path and query of any route is answered, never with a 5xx, and a refusal names the parameter', async () => {
  const segment = fc.oneof(
    hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom('%zz', '%', '%00', '%ff', '..%2f..', '%252e', 'a%2fb', '//host', '.', '*', '$', 'a;b', 'fuzz'),
  );
  const route = fc.tuple(
    fc.constantFrom('jobs', 'batches', 'health', 'dead-letters', 'pools', ''),
    fc.array(fc.oneof(segment, fc.constantFrom('results', 'replay', 'purge', 'pause')), { maxLength: 2 }),
  );
  const pair = fc.tuple(
    fc.constantFrom('batchId', 'status', 'after', 'limit', 'erase', 'reason', 'dryRun', 'x'),
    segment,
  );
  const body = fc.oneof(
    fc.constant(''),
    fuzzJob.map(({ text: job }) => job),
    fc
      .dictionary(fc.constantFrom('ids', 'reason', 'dryRun', 'note', 'batchId', 'patch', 'all', 'x'), hostileValue, {
        maxKeys: 3,
      })
      .map((fields) => JSON.stringify(fields)),
  );
  const request = fc.record({
    body,
    method: fc.constantFrom('GET', 'GET', 'GET', 'DELETE', 'POST', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'),
    route,
    query: fc.array(pair, { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, route: [first, rest], query, body: text }) => {
      const search = query.map(([name, value]) => `${name}=${value}`).join('&');
      const path = `/api/${[first, ...rest].join('/')}${search === '' ? '' : `?${search}`}`;
      const asked = { method, path: path.replaceAll(/[^\u0021-\u007e]/gu, '') };

      checkAnswer(await rawRequest(app.url(), method === 'POST' ? { ...asked, body: text } : asked));
    }),
    settingsFor(0.25, false),
  );
  // What was paused on the way.
  for (const pool of ['', ...models.map(({ name }) => `/${name}`)]) {
    const { status } = await rawRequest(app.url(), { method: 'POST', path: `/api/pools${pool}/resume` });
    assert.equal(status, 200);
  }
  await completes('after-routes');
});

test('any message ends: dead-lettered as InvalidJob with a path, or as its job does', async () => {
  let round = 0;
  const dead = client.createReceiver('jobs', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
  await tryAll(hostileMessage, { part: 1, atOnce: 200 }, async (messages) => {
    round += 1;
    const expected = await sendHostile(client, messages, `round-${round}`);
    const notes = new Map<string, string>();
    await until(`the ${expected.length} messages that are no jobs are dead letters`, app, async () => {
      for (const message of await dead.receiveMessages(200, { maxWaitTimeInMs: 500 })) {
        const note = `${message.deadLetterReason}: ${message.deadLetterErrorDescription}`;
        notes.set(String(message.applicationProperties?.['mark']), note);
      }
      return expected.every(({ mark }) => notes.has(mark)) ? true : undefined;
    });

    for (const { mark, path } of expected) {
      const note = notes.get(mark) ?? '';
      assert.match(note, /^InvalidJob: ./u);
      assert.ok(note.includes(path), `${note}\ndoes not name ${path}`);
    }
  });
  await dead.close();
  await until('no queue holds a message', app, areQueuesEmpty);
  await completes('after-messages');
});
