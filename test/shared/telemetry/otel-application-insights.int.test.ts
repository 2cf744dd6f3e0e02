import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ingestionSink, type IngestionSink, type Row } from './ingestion-sink.ts';

const jobs = 200;
/** A job's three spans and its record. */
const rowsPerJob = 4;
const pumpRows = 1;

/** What happened, in order; the sink holds back its answer to the first batch of spans until all rows are there. */
const story: string[] = [];
let sink: IngestionSink;
let child: ChildProcess | undefined;

before(async () => {
  const all = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isFirst = true;
  sink = await ingestionSink(async (batch) => {
    if (sink.rows.length === jobs * rowsPerJob + pumpRows) {
      all.resolve();
    }
    if (isFirst && batch.some((row) => row.data.baseType === 'RequestData')) {
      isFirst = false;
      await released.promise;
    }
  });
  child = startLoad(sink);
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.on('message', (message) => {
    if (typeof message === 'string') {
      story.push(message);
    }
  });
  await Promise.race([all.promise, said(child, 'flushed'), exited]);
  if (child.connected) {
    // The time of a round trip: a flush that does not wait would have said so by then.
    const answered = said(child, 'ping');
    child.send('ping');
    await Promise.race([answered, exited]);
  }
  story.push('released');
  released.resolve();
  await exited;
  assert.equal(child.exitCode, 0, errors);
});

after(async () => {
  child?.kill();
  await sink.close();
});

test('200 traces at 100 a second arrive as 200 named request rows', () => {
  const requests = rowsOf('RequestData').filter((row) => row.data.baseData.name === 'job');

  assert.equal(requests.length, jobs);
  assert.equal(new Set(requests.map(traceOf)).size, jobs);
  assert.equal(new Set(requests.map((row) => row.data.baseData.properties?.['sluice.job.id'])).size, jobs);
  assert.ok(requests.every((row) => row.tags['ai.operation.name'] === 'job' && row.data.baseData.success === true));
  assert.ok(requests.every((row) => row.tags['ai.cloud.role'] === 'sluice-test'));
});

test('a job is linked to its pump, and is not part of its trace', () => {
  const pump = rowsOf('RequestData').find((row) => row.data.baseData.name === 'pump');
  const job = rowsOf('RequestData').find((row) => row.data.baseData.name === 'job');

  assert.ok(pump !== undefined && job !== undefined);
  assert.notEqual(traceOf(job), traceOf(pump));
  assert.match(job.data.baseData.properties?.['_MS.links'] ?? '', new RegExp(traceOf(pump), 'u'));
});

test("each trace has its model call as a dependency row with the call's status, target and token counts", () => {
  const calls = rowsOf('RemoteDependencyData').filter((row) => row.data.baseData.name === 'chat gpt-4o');

  assert.equal(new Set(calls.map(traceOf)).size, jobs);
  for (const { tags, data } of calls) {
    assert.equal(tags['ai.operation.name'], 'job');
    assert.equal(data.baseData.resultCode, '200');
    assert.equal(data.baseData.target, 'sweden.openai.azure.com');
    assert.equal(data.baseData.properties?.['app.server.address'], 'sweden.openai.azure.com');
    assert.equal(data.baseData.properties?.['gen_ai.provider.name'], 'azure.ai.openai');
    assert.equal(data.baseData.measurements?.['gen_ai.usage.input_tokens'], 100);
  }
});

test('each trace has one ai_completion event, with its numbers as measurements', () => {
  const events = rowsOf('EventData');

  assert.equal(events.length, jobs);
  assert.equal(new Set(events.map(traceOf)).size, jobs);
  for (const { tags, data } of events) {
    assert.equal(data.baseData.name, 'ai_completion');
    assert.equal(tags['ai.operation.name'], 'job');
    assert.deepEqual(data.baseData.measurements, {
      attempt: 1,
      status: 200,
      latencyMs: 812.5,
      waitMs: 42,
      promptTokens: 100,
      completionTokens: 20,
      totalTokens: 120,
      cachedPromptTokens: 64,
      reasoningTokens: 8,
    });
    assert.equal(data.baseData.properties?.['finishReason'], 'stop');
    assert.equal(data.baseData.properties?.['latencyMs'], undefined);
  }
});

test('a flush returns only after every row was taken, the batch already under way included', () => {
  assert.deepEqual(story, ['flushing', 'ping', 'released', 'flushed']);
});

test('nothing but traces and events is sent', () => {
  assert.deepEqual(new Set(sink.paths), new Set(['/v2.1/track']));
  assert.equal(sink.rows.length, jobs * rowsPerJob + pumpRows);
});

function startLoad({ connectionString, certificateFile }: IngestionSink): ChildProcess {
  return fork(fileURLToPath(new URL('application-insights-load.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      PATH: process.env['PATH'],
      CONNECTION_STRING: connectionString,
      NODE_EXTRA_CA_CERTS: certificateFile,
      // Known to be on App Service, the SDK does not look for the metadata address of a virtual machine.
      WEBSITE_SITE_NAME: 'test',
    },
  });
}

async function said(process: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      if (message === word) {
        resolve();
      }
    });
  });
}

function rowsOf(baseType: string): readonly Row[] {
  return sink.rows.filter((row) => row.data.baseType === baseType);
}

function traceOf(row: Row): string {
  return row.tags['ai.operation.id'] ?? '';
}
