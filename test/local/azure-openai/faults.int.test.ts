import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { OpenAI } from 'openai';

import { ask, collect, chatDeployment, noLatency, rejection, startForTest, testSettings } from './start-for-test.ts';

const streamed = { ...ask('[[sluice:answer-tokens=30]]', 60), stream: true } as const;

describe('a fault', () => {
  test('answers as many calls as it counts, then is gone', async (context) => {
    const azureOpenAi = await startForTest(context);
    const { azure } = azureOpenAi.region();
    assert.equal((await azureOpenAi.admin('POST', 'regions/east/faults', { status: 500, count: 2 })).status, 200);
    assert.equal((await rejection(azure.chat.completions.create(ask('a', 5)))).status, 500);
    assert.equal((await rejection(azure.chat.completions.create(ask('a', 5)))).type, 'server_error');
    await azure.chat.completions.create(ask('a', 5));
    const report = await azureOpenAi.deployment();
    assert.deepEqual(report.errors, { '500 server_error': 2 });
    assert.equal(report.tokenWindow.cost, 18, 'failed calls count against the quota');
  });

  test('of capacity is a 429 that takes no quota, with the headers it brings', async (context) => {
    const azureOpenAi = await startForTest(context);
    const headers = { 'retry-after': '1', 'retry-after-ms': '0' };
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 429, headers });
    const refused = await rejection(azureOpenAi.region().azure.chat.completions.create(ask('a', 5)));
    assert.equal(refused.status, 429);
    assert.equal(refused.code, 'no_capacity');
    assert.equal(refused.headers?.get('retry-after-ms'), '0');
    const report = await azureOpenAi.deployment();
    assert.equal(report.tokenWindow.cost, 0);
    assert.deepEqual(report.throttled429, { tokens: 0, requests: 0 });
  });

  test('meets only its deployment, with the body it was given, until it is cleared', async (context) => {
    const settings = testSettings([chatDeployment(), chatDeployment({ name: 'other' })]);
    const azureOpenAi = await startForTest(context, settings);
    const { azure } = azureOpenAi.region();
    const fault = { status: 502, body: '<html>Bad gateway</html>', deployment: 'mini' };
    await azureOpenAi.admin('POST', 'regions/east/faults', fault);
    await azure.chat.completions.create({ ...ask('a', 5), model: 'other' });
    const refused = await rejection(azure.chat.completions.create(ask('a', 5)));
    assert.equal(refused.status, 502);
    assert.match(refused.message, /<html>Bad gateway<\/html>/u);
    await azureOpenAi.admin('DELETE', 'regions/east/faults');
    await azure.chat.completions.create(ask('a', 5));
  });

  test('with a probability meets the same calls for the same seed', async (context) => {
    const runs: number[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const azureOpenAi = await startForTest(context);
      await azureOpenAi.admin('POST', 'regions/east/faults', { status: 503, probability: 0.4 });
      const statuses: number[] = [];
      for (let call = 0; call < 20; call += 1) {
        const { endpoint } = azureOpenAi.region();
        const response = await fetch(`${endpoint}/openai/v1/chat/completions`, {
          method: 'POST',
          headers: { 'api-key': 'east-key' },
          body: JSON.stringify(ask('a', 5)),
        });
        await response.text();
        statuses.push(response.status);
      }
      runs.push(statuses);
    }
    assert.deepEqual(runs[0], runs[1]);
    assert.deepEqual(new Set(runs[0]), new Set([200, 503]));
  });

  test('of status 0 cuts the connection', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 0, count: 1 });
    const refused = await rejection(azureOpenAi.region().azure.chat.completions.create(ask('a', 5)));
    assert.ok(refused instanceof OpenAI.APIConnectionError);
    assert.deepEqual((await azureOpenAi.deployment()).errors, { '0 connection_cut': 1 });
  });

  test('after the first byte cuts a stream half way', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 0, afterFirstByte: true });
    const stream = await azureOpenAi.region().azure.chat.completions.create(streamed);
    let pieces = 0;
    await assert.rejects(async () => {
      for await (const chunk of stream) {
        pieces += (chunk.choices[0]?.delta.content ?? '') === '' ? 0 : 1;
      }
    });
    assert.equal(pieces, 2);
    assert.deepEqual((await azureOpenAi.deployment()).errors, { '200 stream_cut': 1 });
  });

  test('after the first byte can be an error event in a stream of status 200', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 429, afterFirstByte: true });
    const stream = await azureOpenAi.region().azure.chat.completions.create(streamed);
    const error = await rejection(collect(stream));
    assert.equal(error.type, 'too_many_requests');
    assert.equal(error.code, 'no_capacity');
  });

  test('after the first byte cuts a plain answer, too', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 0, afterFirstByte: true });
    await assert.rejects(async () => azureOpenAi.region().azure.chat.completions.create(ask('a', 50)));
    assert.deepEqual((await azureOpenAi.deployment()).errors, { '200 answer_cut': 1 });
  });

  test('of status 200 only delays', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 200, delayMs: 600_000 });
    const { azure } = azureOpenAi.region();
    const leaving = new AbortController();
    const call = rejection(azure.chat.completions.create(ask('a', 5), { signal: leaving.signal }));
    while ((await azureOpenAi.deployment()).unanswered === 0) {
      assert.equal((await azureOpenAi.deployment()).completed, 0);
    }
    leaving.abort();
    assert.ok((await call) instanceof OpenAI.APIUserAbortError);
  });
});

describe('a region', () => {
  test('goes down alone, and comes back on its port', async (context) => {
    const regions = ['east', 'west'].map((name) => ({
      name,
      port: 0,
      apiKey: `${name}-key`,
      deployments: [chatDeployment()],
      latency: noLatency,
    }));
    const azureOpenAi = await startForTest(context, testSettings([], { regions }));
    const east = azureOpenAi.region('east').azure;
    await east.chat.completions.create(ask('a', 5));
    await azureOpenAi.admin('PATCH', 'regions/east', { isDown: true });
    assert.ok((await rejection(east.chat.completions.create(ask('a', 5)))) instanceof OpenAI.APIConnectionError);
    await azureOpenAi.region('west').azure.chat.completions.create(ask('a', 5));
    assert.equal((await azureOpenAi.counters()).regions['east']?.isDown, true);
    await azureOpenAi.admin('PATCH', 'regions/east', { isDown: false });
    await east.chat.completions.create(ask('a', 5));
  });
});
