import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { ask, collect, rejection, startForTest } from '../start-for-test.ts';

const invoice = z.object({
  number: z.string(),
  due: z.string(),
  lines: z.array(z.object({ what: z.string(), amount: z.number(), isTaxed: z.boolean() })),
  kind: z.enum(['final', 'partial']),
  note: z.string().nullable(),
});

describe('JSON mode', () => {
  test('answers with a JSON object', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const body = { ...ask('Answer in JSON.', 200), response_format: { type: 'json_object' } } as const;
    const { choices, usage } = await azure.chat.completions.create(body);
    const text = choices[0]?.message.content ?? '';
    assert.equal(typeof JSON.parse(text), 'object');
    assert.equal(usage?.completion_tokens, countTokens(text));
  });

  test('is refused unless a message has the word json', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const refused = await rejection(
      azure.chat.completions.create({ ...ask('Answer.'), response_format: { type: 'json_object' } }),
    );
    assert.equal(refused.status, 400);
    assert.equal(refused.param, 'messages');
    assert.match(refused.message, /must contain the word 'json' in some form/u);
  });
});

describe('structured outputs', () => {
  test('answer with an instance of the schema, which the client parses', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const response_format = zodResponseFormat(invoice, 'invoice');
    for (const number of [1, 2, 3, 4, 5]) {
      const { choices } = await azure.chat.completions.parse({ ...ask(`Invoice ${number}`), response_format });
      invoice.parse(choices[0]?.message.parsed);
    }
  });

  test('bill the schema as a part of the prompt', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const response_format = zodResponseFormat(invoice, 'invoice');
    const plain = await azure.chat.completions.create(ask('Invoice', 40));
    const formed = await azure.chat.completions.create({ ...ask('Invoice', 40), response_format });
    const extra = (formed.usage?.prompt_tokens ?? 0) - (plain.usage?.prompt_tokens ?? 0);
    const tokens = countTokens(JSON.stringify(response_format.json_schema.schema));
    assert.ok(Math.abs(extra - tokens) < 0.03 * tokens, `${extra} for a schema of ${tokens}`);
  });

  test('stream the same text that the plain answer has', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const body = { ...ask('Invoice'), response_format: zodResponseFormat(invoice, 'invoice') };
    const plain = await azure.chat.completions.create(body);
    const chunks = await collect(await azure.chat.completions.create({ ...body, stream: true }));
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    assert.equal(text, plain.choices[0]?.message.content);
  });

  const refused = [
    ['a schema that is no object', { type: 'array', items: {} }, /got 'type: "array"'/u],
    ['additional properties', { type: 'object', properties: {} }, /'additionalProperties' is required/u],
    [
      'properties that are not required',
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      /In context=\(\), 'required' is required .* Missing 'a'/u,
    ],
    [
      'the same inside of a property',
      {
        type: 'object',
        properties: { a: { type: 'object', properties: {} } },
        required: ['a'],
        additionalProperties: false,
      },
      /In context=\('properties', 'a'\), 'additionalProperties'/u,
    ],
  ] as const;
  for (const [what, schema, says] of refused) {
    test(`with strict are refused for ${what}`, async (context) => {
      const { azure } = (await startForTest(context)).region();
      const error = await rejection(
        azure.chat.completions.create({
          ...ask('Invoice'),
          response_format: { type: 'json_schema', json_schema: { name: 'invoice', strict: true, schema } },
        }),
      );
      assert.equal(error.status, 400);
      assert.equal(error.param, 'response_format');
      assert.match(error.message, says);
    });
  }
});
