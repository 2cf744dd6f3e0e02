import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import { z } from 'zod';

import { ask, collect, rejection, startForTest } from '../start-for-test.ts';

const weather: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
  },
};
const traffic: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_traffic', parameters: { type: 'object', properties: { street: { type: 'string' } } } },
};
const weatherArguments = z.strictObject({ city: z.string().min(1), unit: z.enum(['celsius', 'fahrenheit']) });
const question = ask('What is the weather in Berlin?');

describe('a chat completion with tools', () => {
  test('calls the function that the prompt is about, with arguments of its schema, and ends with tool_calls', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices, usage } = await azure.chat.completions.create({ ...question, tools: [traffic, weather] });
    const [choice] = choices;
    assert.equal(choice?.finish_reason, 'tool_calls');
    assert.equal(choice.message.content, null);
    const [call, ...others] = choice.message.tool_calls ?? [];
    assert.equal(others.length, 0);
    assert.ok(call?.type === 'function');
    assert.equal(call.function.name, 'get_weather');
    assert.match(call.id, /^call_/u);
    weatherArguments.parse(JSON.parse(call.function.arguments));
    assert.ok((usage?.completion_tokens ?? 0) > 0);
  });

  test('answers in text when the prompt is about no function', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices } = await azure.chat.completions.create({ ...ask('Tell me a joke.', 40), tools: [weather] });
    assert.equal(choices[0]?.message.tool_calls, undefined);
    assert.ok((choices[0]?.message.content ?? '') !== '');
  });

  test('with tool_choice none answers in text', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices } = await azure.chat.completions.create({ ...question, tools: [weather], tool_choice: 'none' });
    assert.equal(choices[0]?.message.tool_calls, undefined);
    assert.equal(choices[0]?.finish_reason, 'stop');
  });

  test('with tool_choice required calls a function whatever the prompt is about', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const body = { ...ask('Tell me a joke.'), tools: [weather] };
    const { choices } = await azure.chat.completions.create({ ...body, tool_choice: 'required' });
    assert.equal(choices[0]?.message.tool_calls?.length, 1);
    assert.equal(choices[0].finish_reason, 'tool_calls');
  });

  test('with a named tool_choice calls that function and ends with stop', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const named = { type: 'function', function: { name: 'get_traffic' } } as const;
    const { choices } = await azure.chat.completions.create({
      ...question,
      tools: [weather, traffic],
      tool_choice: named,
    });
    const [call] = choices[0]?.message.tool_calls ?? [];
    assert.equal(call?.type === 'function' ? call.function.name : undefined, 'get_traffic');
    assert.equal(choices[0]?.finish_reason, 'stop');
  });

  test('calls several functions side by side unless parallel_tool_calls is false', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const both = { ...ask('Compare weather and traffic.'), tools: [weather, traffic] };
    const many = await azure.chat.completions.create(both);
    const calls = many.choices[0]?.message.tool_calls ?? [];
    assert.equal(calls.length, 2);
    assert.equal(new Set(calls.map(({ id }) => id)).size, 2);
    const one = await azure.chat.completions.create({ ...both, parallel_tool_calls: false });
    assert.equal(one.choices[0]?.message.tool_calls?.length, 1);
  });

  test('answers in text once the result of its call is given', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const messages: ChatCompletionMessageParam[] = [...question.messages];
    const first = await azure.chat.completions.create({ ...question, messages, tools: [weather] });
    const message = first.choices[0]?.message;
    assert.ok(message !== undefined);
    messages.push(message, { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id ?? '', content: '21 degrees' });
    const second = await azure.chat.completions.create({ ...question, messages, tools: [weather] });
    assert.equal(second.choices[0]?.finish_reason, 'stop');
    assert.ok((second.choices[0]?.message.content ?? '') !== '');
    assert.ok((second.usage?.prompt_tokens ?? 0) > (first.usage?.prompt_tokens ?? 0));
  });

  test('streams a call as its name and then its arguments piece by piece, the same as the plain one', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const plain = await azure.chat.completions.create({ ...question, tools: [weather] });
    const chunks = await collect(await azure.chat.completions.create({ ...question, tools: [weather], stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    const [first, ...rest] = deltas;
    assert.equal(first?.function?.name, 'get_weather');
    assert.equal(first.index, 0);
    assert.match(first.id ?? '', /^call_/u);
    assert.ok(rest.length > 3);
    assert.ok(rest.every((delta) => delta.id === undefined && delta.function?.name === undefined));
    const [call] = plain.choices[0]?.message.tool_calls ?? [];
    assert.equal(
      rest.map((delta) => delta.function?.arguments ?? '').join(''),
      call?.type === 'function' ? call.function.arguments : undefined,
    );
    assert.equal(chunks.flatMap(({ choices }) => choices).at(-1)?.finish_reason, 'tool_calls');
  });

  test("is put together by the client's own stream helper", async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { messages, model } = question;
    const final = await azure.chat.completions.stream({ messages, model, tools: [weather] }).finalChatCompletion();
    const [call] = final.choices[0]?.message.tool_calls ?? [];
    assert.equal(call?.type === 'function' ? call.function.name : undefined, 'get_weather');
  });

  test("is gone through by the client's own tool runner to the text at the end", async (context) => {
    const { azure } = (await startForTest(context)).region();
    const asked: string[] = [];
    const runner = azure.chat.completions.runTools({
      ...question,
      stream: false,
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather of a city.',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: (text: string): unknown => JSON.parse(text),
            function: (value: unknown) => {
              asked.push(z.strictObject({ city: z.string() }).parse(value).city);
              return '21 degrees';
            },
          },
        },
      ],
    });
    assert.ok(((await runner.finalContent()) ?? '') !== '');
    assert.equal(asked.length, 1);
  });

  test('that is cut by max_tokens ends with length', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices, usage } = await azure.chat.completions.create({ ...question, max_tokens: 4, tools: [weather] });
    assert.equal(choices[0]?.finish_reason, 'length');
    assert.equal(usage?.completion_tokens, 4);
  });

  test('given as functions is answered as function_call', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const functions = [
      { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    ];
    const { choices } = await azure.chat.completions.create({ ...question, functions });
    assert.equal(choices[0]?.finish_reason, 'function_call');
    assert.equal(choices[0].message.function_call?.name, 'get_weather');
  });
});

describe('tools are refused with 400', () => {
  const cases: readonly (readonly [
    what: string,
    body: object,
    param: string,
    code: string | undefined,
    says: RegExp,
  ])[] = [
    ['tool_choice without tools', { tool_choice: 'auto' }, 'tool_choice', undefined, /only allowed when 'tools'/u],
    ['parallel_tool_calls without tools', { parallel_tool_calls: true }, 'parallel_tool_calls', undefined, /'tools'/u],
    [
      'a choice of a function that is not there',
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } },
      'tool_choice',
      undefined,
      /'other'/u,
    ],
    [
      'another word for a choice',
      { tools: [weather], tool_choice: 'maybe' },
      'tool_choice',
      'invalid_value',
      /'maybe'/u,
    ],
    ['no tools', { tools: [] }, 'tools', 'empty_array', /empty array/u],
    [
      'a function without a name',
      { tools: [{ type: 'function', function: {} }] },
      'tools[0].function.name',
      'missing_required_parameter',
      /Missing/u,
    ],
    [
      'a strict function that takes other properties',
      { tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: { type: 'object' } } }] },
      'tools[0].function.parameters',
      'invalid_function_parameters',
      /'additionalProperties' is required to be supplied and to be false/u,
    ],
    ['custom tools, by name', { tools: [{ type: 'custom' }] }, 'tools[0].type', 'not_carried', /custom tools/u],
    [
      'a result without its call',
      { messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
      'messages.[0].role',
      undefined,
      /must be a response to a preceeding message/u,
    ],
    [
      'a call without its result',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
          { role: 'user', content: 'Well?' },
        ],
      },
      'messages',
      undefined,
      /did not have response messages: a/u,
    ],
  ];
  for (const [what, body, param, code, says] of cases) {
    test(what, async (context) => {
      const { azure } = (await startForTest(context)).region();
      const refused = await rejection(azure.chat.completions.create({ ...question, ...body }));
      assert.equal(refused.status, 400);
      assert.equal(refused.param, param);
      assert.equal(refused.code ?? undefined, code);
      assert.match(refused.message, says);
    });
  }
});
