import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';

import { pngHeader } from '../png-header.ts';
import { chatDeployment, rejection, startForTest, testSettings } from '../start-for-test.ts';

const weather = {
  type: 'function',
  name: 'get_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
} as const;

describe('a response', () => {
  test('answers on classic and v1 addresses with output_text, and bills its tokens', async (context) => {
    const azureOpenAi = await startForTest(context);
    const { azure, v1 } = azureOpenAi.region();
    for (const client of [azure, v1]) {
      const response = await client.responses.create({ model: 'mini', input: 'Explain what a lease is.' });
      assert.equal(response.object, 'response');
      assert.match(response.id, /^resp_/u);
      assert.equal(response.status, 'completed');
      assert.equal(response.model, 'gpt-4o-mini-2024-07-18');
      assert.ok(response.output_text.length > 20);
      const { usage } = response;
      assert.equal(usage?.total_tokens, (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    }
    const { completed, promptTokens } = await azureOpenAi.deployment();
    assert.equal(completed, 2);
    assert.ok(promptTokens > 0);
  });

  test('takes items, parts, instructions and images as input', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const url = `data:image/png;base64,${pngHeader({ width: 64, height: 64 }).toString('base64')}`;
    const plain = await v1.responses.create({ model: 'mini', input: 'Hello' });
    const rich = await v1.responses.create({
      model: 'mini',
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hello!' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: url, detail: 'low' },
          ],
        },
      ],
    });
    assert.ok((rich.usage?.input_tokens ?? 0) > (plain.usage?.input_tokens ?? 0) + 2833);
    assert.equal(rich.instructions, 'Be brief.');
  });

  test('cut by max_output_tokens is incomplete for that reason', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const response = await v1.responses.create({
      model: 'mini',
      input: '[[sluice:answer-tokens=90]]',
      max_output_tokens: 20,
    });
    assert.equal(response.status, 'incomplete');
    assert.equal(response.incomplete_details?.reason, 'max_output_tokens');
    assert.equal(response.usage?.output_tokens, 20);
    assert.equal(response.output[0]?.type === 'message' ? response.output[0].status : undefined, 'incomplete');
  });

  test('calls a function, and answers once its output is given', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const input: ResponseInputItem[] = [{ role: 'user', content: 'What is the weather in Berlin?' }];
    const first = await v1.responses.create({ model: 'mini', input, tools: [weather] });
    const [call] = first.output;
    assert.ok(call?.type === 'function_call');
    assert.equal(call.name, 'get_weather');
    z.strictObject({ city: z.string() }).parse(JSON.parse(call.arguments));
    assert.equal(first.status, 'completed');
    input.push(call, { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' });
    const second = await v1.responses.create({ model: 'mini', input, tools: [weather] });
    assert.ok(second.output_text !== '');
  });

  test('answers in the JSON of text.format, which the client parses', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const invoice = z.object({ number: z.string(), amount: z.number() });
    const format = zodTextFormat(invoice, 'invoice');
    const response = await v1.responses.parse({ model: 'mini', input: 'Invoice', text: { format } });
    invoice.parse(response.output_parsed);
    const object = await v1.responses.create({
      model: 'mini',
      input: 'Some JSON',
      text: { format: { type: 'json_object' } },
    });
    assert.equal(typeof JSON.parse(object.output_text), 'object');
  });

  test('has log probabilities when they are included', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const include = ['message.output_text.logprobs'] as const;
    const body = { model: 'mini', input: 'Hello', include: [...include], top_logprobs: 2 };
    const [item] = (await v1.responses.create(body)).output;
    const part = item?.type === 'message' ? item.content[0] : undefined;
    assert.ok(part?.type === 'output_text');
    assert.equal(part.logprobs?.map(({ token }) => token).join(''), part.text);
    assert.equal(part.logprobs[0]?.top_logprobs.length, 2);
  });
});

describe('a stored response', () => {
  test('is gone on from by previous_response_id, without its instructions', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const first = await v1.responses.create({
      model: 'mini',
      input: 'My name is Ada.',
      instructions: 'x '.repeat(500),
    });
    const next = await v1.responses.create({ model: 'mini', input: 'Who am I?', previous_response_id: first.id });
    const alone = await v1.responses.create({ model: 'mini', input: 'Who am I?' });
    assert.equal(next.previous_response_id, first.id);
    const extra = (next.usage?.input_tokens ?? 0) - (alone.usage?.input_tokens ?? 0);
    assert.ok(extra > (first.usage?.output_tokens ?? 0));
    assert.ok(extra < (first.usage?.output_tokens ?? 0) + 50);
  });

  test('takes the output of its call by previous_response_id', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const first = await v1.responses.create({ model: 'mini', input: 'The weather in Berlin?', tools: [weather] });
    const [call] = first.output;
    assert.ok(call?.type === 'function_call');
    const output = { type: 'function_call_output', call_id: call.call_id, output: '21' } as const;
    const next = { model: 'mini', previous_response_id: first.id, tools: [weather] };
    assert.ok((await v1.responses.create({ ...next, input: [output] })).output_text !== '');
    const unanswered = await rejection(v1.responses.create({ ...next, input: 'Well?' }));
    assert.match(unanswered.message, /No tool output found for function call call_/u);
  });

  test('is retrieved with its input items, and gone once deleted', async (context) => {
    const { azure, v1 } = (await startForTest(context)).region();
    for (const client of [azure, v1]) {
      const created = await client.responses.create({ model: 'mini', input: 'Hello', metadata: { job: '7' } });
      const retrieved = await client.responses.retrieve(created.id);
      assert.deepEqual(retrieved, created);
      const items = await client.responses.inputItems.list(created.id);
      assert.equal(items.data.length, 1);
      await client.responses.delete(created.id);
      for (const gone of [client.responses.retrieve(created.id), client.responses.delete(created.id)]) {
        const refused = await rejection(gone);
        assert.equal(refused.status, 404);
        assert.match(refused.message, /not found/u);
      }
    }
  });

  test('is not kept with store false, and belongs to its region', async (context) => {
    const settings = testSettings();
    const [east] = settings.regions;
    assert.ok(east !== undefined);
    const regions = [east, { ...east, name: 'west', apiKey: 'west-key' }];
    const azureOpenAi = await startForTest(context, { ...settings, regions });
    const { v1 } = azureOpenAi.region();
    const unkept = await v1.responses.create({ model: 'mini', input: 'Hello', store: false });
    assert.equal((await rejection(v1.responses.retrieve(unkept.id))).status, 404);
    const kept = await v1.responses.create({ model: 'mini', input: 'Hello' });
    assert.equal((await rejection(azureOpenAi.region('west').v1.responses.retrieve(kept.id))).status, 404);
  });
});

describe('a request for a response is refused', () => {
  const cases: readonly (readonly [what: string, body: object, param: string, code: string | null, says: RegExp])[] = [
    ['without input', { input: undefined }, 'input', 'missing_required_parameter', /Missing/u],
    [
      'with a previous response that is not there',
      { previous_response_id: 'resp_0' },
      'previous_response_id',
      'previous_response_not_found',
      /'resp_0' not found/u,
    ],
    [
      'with fewer than 16 output tokens',
      { max_output_tokens: 5 },
      'max_output_tokens',
      'integer_below_min_value',
      />= 16/u,
    ],
    ['with an unknown parameter', { colour: 'red' }, 'colour', 'unknown_parameter', /Unknown parameter: 'colour'/u],
    [
      'with the output of no call',
      { input: [{ type: 'function_call_output', call_id: 'a', output: '' }] },
      'input',
      null,
      /a\./u,
    ],
    ['with an item of an unknown type', { input: [{ type: 'smell' }] }, 'input[0].type', 'invalid_value', /'smell'/u],
    ['with a tool of the service', { tools: [{ type: 'web_search' }] }, 'tools[0].type', 'not_carried', /web_search/u],
    ['in the background', { background: true }, 'background', 'not_carried', /background responses/u],
    ['of a conversation', { conversation: 'conv_1' }, 'conversation', 'not_carried', /conversations/u],
    [
      'with a file',
      { input: [{ role: 'user', content: [{ type: 'input_file' }] }] },
      'input[0].content[0]',
      'not_carried',
      /file/u,
    ],
    [
      'with an effort of a model that does not reason',
      { reasoning: { effort: 'low' } },
      'reasoning.effort',
      'unsupported_parameter',
      /Unsupported parameter/u,
    ],
    [
      'with a strict schema that takes other properties',
      {
        text: { format: { type: 'json_schema', name: 'x', strict: true, schema: { type: 'object', properties: {} } } },
      },
      'text.format.schema',
      'invalid_json_schema',
      /'additionalProperties' is required/u,
    ],
    [
      'for JSON that the input does not name',
      { text: { format: { type: 'json_object' } } },
      'input',
      null,
      /must contain the word 'json'/u,
    ],
  ];
  for (const [what, body, param, code, says] of cases) {
    test(what, async (context) => {
      const { v1 } = (await startForTest(context)).region();
      const refused = await rejection(v1.responses.create({ model: 'mini', input: 'Hello', ...body }));
      assert.equal(refused.status, 400);
      assert.equal(refused.param, param);
      assert.equal(refused.code, code);
      assert.match(refused.message, says);
    });
  }

  test('beyond the context window, as for a chat completion', async (context) => {
    const settings = testSettings([chatDeployment({ contextWindow: 100 })]);
    const { v1 } = (await startForTest(context, settings)).region();
    const refused = await rejection(v1.responses.create({ model: 'mini', input: 'word '.repeat(200) }));
    assert.equal(refused.code, 'context_length_exceeded');
    assert.equal(refused.param, 'input');
    const cut = v1.responses.create({ model: 'mini', input: 'word '.repeat(200), truncation: 'auto' });
    assert.equal((await rejection(cut)).code, 'not_carried');
  });

  test('beyond the quota with 429, a retry-after and a line in the call log', async (context) => {
    const azureOpenAi = await startForTest(context, testSettings([chatDeployment({ tokensPerMinute: 100 })]));
    const { v1 } = azureOpenAi.region();
    const ask = { model: 'mini', input: 'Hello', max_output_tokens: 80 };
    await v1.responses.create(ask);
    const refused = await rejection(v1.responses.create(ask));
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers?.get('retry-after')) > 0);
    assert.equal((await azureOpenAi.calls()).at(-1)?.throttledBy, 'tokens');
  });
});
