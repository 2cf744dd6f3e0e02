import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { OpenAI } from 'openai';

import type { AzureOpenAiSettings } from '../../../../local/azure-openai/settings.ts';
import { ask, collect, rejection, startForTest, testSettings } from '../start-for-test.ts';

const streamed = { stream: true, stream_options: { include_usage: true } } as const;

function slow(tokensPerSecond: number): AzureOpenAiSettings {
  const latency = { firstTokenMs: 0, tokensPerSecond, tailProbability: 0, tailFactor: 1 };
  const regions = testSettings().regions.map((region) => Object.assign({}, region, { latency }));
  return testSettings([], { regions });
}

describe('streamed chat completions', () => {
  test('begin with the filter of the prompt, end with the usage, and say what the plain ones say', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const plain = await azure.chat.completions.create(ask('Compare two offers.', 120));
    const chunks = await collect(
      await azure.chat.completions.create({ ...ask('Compare two offers.', 120), ...streamed }),
    );
    assert.deepEqual(chunks[0]?.choices, []);
    assert.ok('prompt_filter_results' in (chunks[0] ?? {}));
    assert.equal(chunks[1]?.choices[0]?.delta.role, 'assistant');
    assert.equal(
      chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
      plain.choices[0]?.message.content,
    );
    assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, plain.choices[0]?.finish_reason);
    assert.deepEqual(chunks.at(-1)?.choices, []);
    assert.deepEqual(chunks.at(-1)?.usage, plain.usage);
    assert.ok(chunks.slice(1, -1).every((chunk) => chunk.usage === null));
    assert.equal(new Set(chunks.slice(1).map((chunk) => chunk.id)).size, 1);
  });

  test('have no usage unless it is asked for, and end with [DONE] on the wire', async (context) => {
    const { endpoint } = (await startForTest(context)).region();
    const response = await fetch(`${endpoint}/openai/deployments/mini/chat/completions?api-version=2024-10-21`, {
      method: 'POST',
      headers: { 'api-key': 'east-key', 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask('Hello', 30), stream: true }),
    });
    const text = await response.text();
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/u);
    assert.ok(response.headers.get('x-ratelimit-remaining-tokens') !== null);
    assert.ok(text.endsWith('data: [DONE]\n\n'));
    assert.ok(!text.includes('"usage"'));
  });

  test('interleave the chunks of n choices', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const texts = ['', ''];
    const reasons: (string | null | undefined)[] = [];
    for await (const chunk of await azure.chat.completions.create({ ...ask('Ideas?', 50), n: 2, stream: true })) {
      for (const choice of chunk.choices) {
        texts[choice.index] += choice.delta.content ?? '';
        reasons[choice.index] = choice.finish_reason;
      }
    }
    const plain = await azure.chat.completions.create({ ...ask('Ideas?', 50), n: 2 });
    assert.deepEqual(
      texts,
      plain.choices.map((choice) => choice.message.content),
    );
    assert.deepEqual(
      reasons,
      plain.choices.map((choice) => choice.finish_reason),
    );
  });

  test('begin long before they end; of a caller who leaves they are ended, and their quota is not given back', async (context) => {
    const azureOpenAi = await startForTest(context, slow(20));
    const stream = await azureOpenAi
      .region()
      .azure.chat.completions.create({ ...ask('[[sluice:answer-tokens=4000]]', 5000), stream: true });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? '') !== '') {
        break;
      }
    }
    let report = await azureOpenAi.deployment();
    while (report.unanswered > 0) {
      report = await azureOpenAi.deployment();
    }
    assert.deepEqual(report.errors, { '499 client_closed': 1 });
    assert.ok(report.tokenWindow.cost > 5000);
    assert.ok(report.completionTokens < 4000);
  });

  test('come in tokens, a plain answer not before the last of them', async (context) => {
    const azureOpenAi = await startForTest(context, slow(0.1));
    const leaving = new AbortController();
    const call = rejection(
      azureOpenAi
        .region()
        .azure.chat.completions.create(ask('[[sluice:answer-tokens=50]]'), { signal: leaving.signal }),
    );
    let report = await azureOpenAi.deployment();
    while (report.unanswered === 0) {
      report = await azureOpenAi.deployment();
    }
    assert.equal(report.completed, 0);
    leaving.abort();
    assert.ok((await call) instanceof OpenAI.APIUserAbortError);
  });
});
