import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ask, chatDeployment, rejection, startForTest, testSettings } from '../start-for-test.ts';

type Refusal = readonly [what: string, body: object, param: string | null, code: string | null, says: RegExp];

const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,' } };

const refusals: readonly Refusal[] = [
  ['a type', { temperature: 'hot' }, 'temperature', 'invalid_type', /expected a decimal, but got a string instead/u],
  ['a boolean', { stream: 'yes' }, 'stream', 'invalid_type', /expected a boolean, but got a string instead/u],
  ['a range', { top_p: 1.5 }, 'top_p', 'decimal_above_max_value', /<= 1, but got 1\.5 instead/u],
  ['a penalty', { presence_penalty: -3 }, 'presence_penalty', 'integer_below_min_value', />= -2, but got -3/u],
  ['n of 0', { n: 0 }, 'n', 'integer_below_min_value', />= 1, but got 0/u],
  ['n of 129', { n: 129 }, 'n', 'integer_above_max_value', /<= 128/u],
  ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'array_above_max_length', /too long/u],
  ['a number for stop', { stop: 5 }, 'stop', 'invalid_type', /one of a string or an array, but got an integer/u],
  [
    'a number for content',
    { messages: [{ role: 'user', content: 5 }] },
    'messages[0].content',
    'invalid_type',
    /one of a string or an array/u,
  ],
  [
    'a part without a type',
    { messages: [{ role: 'user', content: [{}] }] },
    'messages[0].content[0].type',
    'missing_required_parameter',
    /Missing/u,
  ],
  [
    'a part of an unknown type',
    { messages: [{ role: 'user', content: [{ type: 'smell' }] }] },
    'messages[0].content[0].type',
    'invalid_value',
    /'smell'/u,
  ],
  [
    'an image of the assistant',
    { messages: [{ role: 'assistant', content: [image] }] },
    'messages.[0]',
    'invalid_value',
    /only allowed for messages with role 'user'/u,
  ],
  ['a format of its own', { response_format: { type: 'xml' } }, 'response_format.type', 'invalid_value', /'xml'/u],
  [
    'a schema without a name',
    { response_format: { type: 'json_schema', json_schema: {} } },
    'response_format.json_schema.name',
    'missing_required_parameter',
    /Missing/u,
  ],
  ['stream_options without a stream', { stream_options: {} }, 'stream_options', null, /only allowed when 'stream'/u],
  [
    'an effort of a model that does not reason',
    { reasoning_effort: 'low' },
    null,
    null,
    /Unrecognized .* reasoning_effort/u,
  ],
  ['an unknown parameter', { colour: 'red' }, null, null, /Unrecognized request argument supplied: colour/u],
];

describe('a parameter that the service does not take is refused by its name', () => {
  for (const [what, body, param, code, says] of refusals) {
    test(what, async (context) => {
      const { azure } = (await startForTest(context)).region();
      const refused = await rejection(azure.chat.completions.create({ ...ask('Hello'), ...body }));
      assert.equal(refused.status, 400);
      assert.equal(refused.type, 'invalid_request_error');
      assert.equal(refused.param, param);
      assert.equal(refused.code, code);
      assert.match(refused.message, says);
    });
  }
});

describe('a model that always reasons', () => {
  const unsupported: readonly Refusal[] = [
    ['max_tokens', { max_tokens: 10 }, 'max_tokens', 'unsupported_parameter', /Use 'max_completion_tokens' instead/u],
    ['a temperature', { temperature: 0.2 }, 'temperature', 'unsupported_value', /Only the default \(1\) value/u],
    ['top_p', { top_p: 0.5 }, 'top_p', 'unsupported_value', /does not support 0\.5/u],
    ['a penalty', { frequency_penalty: 1 }, 'frequency_penalty', 'unsupported_parameter', /Unsupported parameter/u],
    ['log probabilities', { logprobs: true }, 'logprobs', 'unsupported_parameter', /Unsupported parameter/u],
    ['stop', { stop: 'a' }, 'stop', 'unsupported_parameter', /Unsupported parameter/u],
  ];
  for (const [what, body, param, code, says] of unsupported) {
    test(`refuses ${what}`, async (context) => {
      const { azure } = (await startForTest(context, testSettings([chatDeployment({ model: 'o3' })]))).region();
      const refused = await rejection(azure.chat.completions.create({ ...ask('Hello'), ...body }));
      assert.equal(refused.status, 400);
      assert.equal(refused.param, param);
      assert.equal(refused.code, code);
      assert.match(refused.message, says);
    });
  }

  test('takes the default temperature, an effort and max_completion_tokens', async (context) => {
    const { azure } = (await startForTest(context, testSettings([chatDeployment({ model: 'o3' })]))).region();
    const body = { ...ask('Hello'), temperature: 1, reasoning_effort: 'low', max_completion_tokens: 10 } as const;
    assert.equal((await azure.chat.completions.create(body)).choices.length, 1);
  });

  test('bills its reasoning, and says nothing when that is all that it was allowed', async (context) => {
    const { azure, v1 } = (await startForTest(context, testSettings([chatDeployment({ model: 'o3' })]))).region();
    const thinking = '[[sluice:reasoning-tokens=60]][[sluice:answer-tokens=20]]';
    const whole = await azure.chat.completions.create({ ...ask(thinking), max_completion_tokens: 100 });
    assert.equal(whole.usage?.completion_tokens, 80);
    assert.equal(whole.usage.completion_tokens_details?.reasoning_tokens, 60);
    assert.equal(whole.choices[0]?.finish_reason, 'stop');
    const cut = await azure.chat.completions.create({ ...ask(thinking), max_completion_tokens: 50 });
    assert.equal(cut.choices[0]?.message.content, '');
    assert.equal(cut.choices[0].finish_reason, 'length');
    assert.equal(cut.usage?.completion_tokens, 50);
    const response = await v1.responses.create({ model: 'mini', input: thinking, max_output_tokens: 50 });
    assert.equal(response.status, 'incomplete');
    assert.deepEqual(
      response.output.map(({ type }) => type),
      ['reasoning'],
    );
    assert.equal(response.usage?.output_tokens_details.reasoning_tokens, 50);
  });

  test('a model that reasons when asked takes a temperature until it is', async (context) => {
    const { azure } = (await startForTest(context, testSettings([chatDeployment({ model: 'gpt-5.1' })]))).region();
    await azure.chat.completions.create({ ...ask('Hello'), temperature: 0.2, max_completion_tokens: 10 });
    const refused = await rejection(
      azure.chat.completions.create({ ...ask('Hello'), temperature: 0.2, reasoning_effort: 'low' }),
    );
    assert.equal(refused.param, 'temperature');
  });
});

describe('the seed', () => {
  test('gives the same answer with the same fingerprint, and another one for another', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const answer = async (seed: number): Promise<readonly [string | null | undefined, string | undefined]> => {
      const { choices, system_fingerprint: print } = await azure.chat.completions.create({ ...ask('Plan.', 60), seed });
      return [choices[0]?.message.content, print];
    };
    assert.deepEqual(await answer(1), await answer(1));
    assert.notDeepEqual(await answer(1), await answer(2));
  });
});
