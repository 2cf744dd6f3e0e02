import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { z } from 'zod';

import { ask, chatDeployment, rejection, startForTest, testSettings } from '../start-for-test.ts';

const innerError = z.looseObject({
  innererror: z.object({
    code: z.string(),
    content_filter_result: z.record(z.string(), z.looseObject({ filtered: z.boolean() })),
  }),
});

async function post(endpoint: string, body: string, path = 'openai/v1/chat/completions'): Promise<Response> {
  return fetch(`${endpoint}/${path}`, { method: 'POST', headers: { 'api-key': 'east-key' }, body });
}

const errorBody = z.object({
  error: z.looseObject({ message: z.string(), param: z.string().nullish(), code: z.string().nullish() }),
});

describe('a prompt too long for the model', () => {
  test('is refused with the window and its own tokens', async (context) => {
    const azureOpenAi = await startForTest(context, testSettings([chatDeployment({ tokensPerMinute: 10_000_000 })]));
    const refused = await rejection(azureOpenAi.region().azure.chat.completions.create(ask('ten '.repeat(130_000))));
    assert.equal(refused.status, 400);
    assert.equal(refused.code, 'context_length_exceeded');
    assert.equal(refused.param, 'messages');
    assert.equal(refused.type, 'invalid_request_error');
    assert.match(
      refused.message,
      /maximum context length is 128000 tokens\. However, your messages resulted in 13\d{4} tokens/u,
    );
    assert.deepEqual((await azureOpenAi.deployment()).errors, { '400 context_length_exceeded': 1 });
  });

  test('with the completion asked for is refused with both', async (context) => {
    const { azure } = (await startForTest(context, testSettings([chatDeployment({ contextWindow: 100 })]))).region();
    const refused = await rejection(azure.chat.completions.create(ask('word', 95)));
    assert.match(refused.message, /requested 103 tokens \(8 in the messages, 95 in the completion\)/u);
  });

  test('of 300,000 letters without a break does not hold up other calls', async (context) => {
    const settings = testSettings([chatDeployment({ tokensPerMinute: 10_000_000, contextWindow: 2000 })]);
    const { azure } = (await startForTest(context, settings)).region();
    const long = rejection(azure.chat.completions.create(ask('字'.repeat(300_000))));
    const short = await azure.chat.completions.create(ask('Hello', 10));
    assert.ok(short.usage !== undefined);
    assert.equal((await long).code, 'context_length_exceeded');
  });
});

describe('the filter', () => {
  test('refuses a prompt with its trigger, and names the category', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const refused = await rejection(azure.chat.completions.create(ask('Please [[sluice:content-filter]] now')));
    assert.equal(refused.status, 400);
    assert.equal(refused.code, 'content_filter');
    assert.equal(refused.param, 'prompt');
    const inner = innerError.parse(refused.error).innererror;
    assert.equal(inner.code, 'ResponsibleAIPolicyViolation');
    assert.equal(inner.content_filter_result['violence']?.filtered, true);
    assert.equal(inner.content_filter_result['hate']?.filtered, false);
  });
});

describe('access', () => {
  test('is denied to a wrong key', async (context) => {
    const azureOpenAi = await startForTest(context);
    const refused = await rejection(azureOpenAi.region('east', 'wrong').azure.chat.completions.create(ask('Hello')));
    assert.equal(refused.status, 401);
    assert.equal(refused.code, '401');
    assert.deepEqual((await azureOpenAi.counters()).regions['east']?.unrouted.errors, { '401 401': 1 });
  });

  test('is given to any bearer token, and to none that is empty', async (context) => {
    const { endpoint } = (await startForTest(context)).region();
    const call = async (authorization: string): Promise<number> => {
      const response = await fetch(`${endpoint}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify(ask('Hello', 10)),
      });
      await response.text();
      return response.status;
    };
    assert.equal(await call('Bearer some-token'), 200);
    assert.equal(await call('Bearer '), 401);
  });

  test('to a deployment that is not there is 404 DeploymentNotFound', async (context) => {
    const { azure, v1 } = (await startForTest(context)).region();
    for (const client of [azure, v1]) {
      const refused = await rejection(client.chat.completions.create({ ...ask('Hello'), model: 'other' }));
      assert.equal(refused.status, 404);
      assert.equal(refused.code, 'DeploymentNotFound');
    }
  });

  test('to what is not carried is refused by name', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const refused = await rejection(v1.images.generate({ model: 'mini', prompt: 'A boat' }));
    assert.equal(refused.status, 404);
    assert.match(refused.message, /does not carry images/u);
  });
});

describe('a body with wrong fields', () => {
  const message = { role: 'user', content: 'Hello' };
  const cases: readonly (readonly [
    what: string,
    body: unknown,
    code: string | null,
    param: string | null,
    says: RegExp,
  ])[] = [
    ['no messages', {}, 'missing_required_parameter', 'messages', /Missing required parameter: 'messages'/u],
    ['messages as text', { messages: 'Hello' }, 'invalid_type', 'messages', /expected an array, but got a string/u],
    ['no message', { messages: [] }, 'empty_array', 'messages', /empty array/u],
    ['an unknown role', { messages: [{ role: 'boss', content: '' }] }, 'invalid_value', 'messages[0].role', /'boss'/u],
    ['no role', { messages: [{ content: 'a' }] }, 'missing_required_parameter', 'messages[0].role', /Missing/u],
    ['content of null', { messages: [{ role: 'user', content: null }] }, null, 'messages.[0].content', /got null/u],
    [
      'max_tokens of 0',
      { messages: [message], max_tokens: 0 },
      'integer_below_min_value',
      'max_tokens',
      /a value >= 1, but got 0/u,
    ],
    [
      'max_tokens as text',
      { messages: [message], max_tokens: '9' },
      'invalid_type',
      'max_tokens',
      /expected an integer, but got a string/u,
    ],
    [
      'max_tokens above the model',
      { messages: [message], max_tokens: 20_000 },
      'invalid_value',
      'max_tokens',
      /supports at most 16384 completion tokens/u,
    ],
    [
      'both token limits',
      { messages: [message], max_tokens: 5, max_completion_tokens: 5 },
      'invalid_parameter_combination',
      'max_tokens',
      /same time/u,
    ],
    ['a temperature of 3', { messages: [message], temperature: 3 }, 'integer_above_max_value', 'temperature', /<= 2/u],
    [
      'an unknown field',
      { messages: [message], colour: 'red' },
      null,
      null,
      /Unrecognized request argument supplied: colour/u,
    ],
    ['data sources', { messages: [message], data_sources: [] }, 'not_carried', 'data_sources', /On Your Data/u],
    [
      'audio',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      'not_carried',
      'messages[0].content[0]',
      /audio input/u,
    ],
  ];
  for (const [what, body, code, param, says] of cases) {
    test(`is refused: ${what}`, async (context) => {
      const { endpoint } = (await startForTest(context)).region();
      const sent = JSON.stringify({ model: 'mini', ...Object(body) });
      const response = await post(endpoint, sent);
      const { error } = errorBody.parse(await response.json());
      assert.equal(response.status, 400);
      assert.match(error.message, says);
      assert.equal(error.code, code);
      assert.equal(error.param, param);
    });
  }

  test('is refused when it is no JSON, or names no model on v1', async (context) => {
    const { endpoint } = (await startForTest(context)).region();
    const broken = errorBody.parse(await (await post(endpoint, '{')).json());
    assert.match(broken.error.message, /could not parse the JSON body/u);
    const nameless = errorBody.parse(await (await post(endpoint, '{}')).json());
    assert.match(nameless.error.message, /must provide a model parameter/u);
  });

  test('reasoning models refuse max_tokens', async (context) => {
    const settings = testSettings([chatDeployment({ model: 'o4-mini' })]);
    const { azure } = (await startForTest(context, settings)).region();
    const refused = await rejection(azure.chat.completions.create(ask('Hello', 10)));
    assert.equal(refused.code, 'unsupported_parameter');
    await azure.chat.completions.create({ ...ask('Hello'), max_completion_tokens: 10 });
  });
});
