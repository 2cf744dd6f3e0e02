import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../shared/json.ts';
import { streamAssembly } from '../../../shared/models/assemble-stream.ts';
import { parseJson } from '../../../shared/tokens/json-guards.ts';

function delta(index: number, fields: Json, finishReason: string | null = null): Json {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'gpt-4o',
    choices: [{ index, delta: fields, finish_reason: finishReason }],
  };
}

test("the chunks of a stream make the body of a call without one, Azure's first and last chunks included", () => {
  const assembly = streamAssembly(1);
  const chunks: readonly Json[] = [
    { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [{ prompt_index: 0 }] },
    delta(0, { role: 'assistant', content: '', refusal: null }),
    delta(0, { content: 'Hel' }),
    delta(0, { content: 'lo' }),
    delta(0, {}, 'stop'),
    {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 5,
      model: 'gpt-4o',
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
      system_fingerprint: 'fp',
    },
  ];

  const hadContent = chunks.map((chunk) => assembly.accept(chunk));

  assert.deepEqual(hadContent, [false, false, true, true, false, false]);
  assert.equal(assembly.isComplete(), true);
  assert.deepEqual(assembly.body(), {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 5,
    model: 'gpt-4o',
    prompt_filter_results: [{ prompt_index: 0 }],
    system_fingerprint: 'fp',
    usage: { prompt_tokens: 3, completion_tokens: 2 },
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  });
});

test('choices that arrive interleaved are joined by their index', () => {
  const assembly = streamAssembly(2);
  for (const chunk of [
    delta(1, { content: 'B1' }),
    delta(0, { content: 'A1' }),
    delta(1, { content: 'B2' }, 'length'),
    delta(0, { content: 'A2' }, 'stop'),
  ]) {
    assembly.accept(chunk);
  }

  assert.deepEqual(assembly.body()['choices'], [
    { index: 0, message: { role: 'assistant', content: 'A1A2' }, finish_reason: 'stop' },
    { index: 1, message: { role: 'assistant', content: 'B1B2' }, finish_reason: 'length' },
  ]);
});

test('a stream of which one of two answers never ended is not complete', () => {
  const assembly = streamAssembly(2);
  assembly.accept(delta(0, { content: 'A' }, 'stop'));
  assert.equal(assembly.isComplete(), false);
  assembly.accept(delta(1, { content: 'B' }));
  assert.equal(assembly.isComplete(), false);
  assembly.accept(delta(1, {}, 'stop'));
  assert.equal(assembly.isComplete(), true);
});

test('tool calls are joined by their index, arguments piece by piece', () => {
  const assembly = streamAssembly(1);
  const call = (index: number, fields: Readonly<Record<string, Json>>): Json =>
    delta(0, { tool_calls: [{ index, ...fields }] });
  for (const chunk of [
    call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
    call(1, { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{"zone":' } }),
    call(0, { function: { arguments: '{"city":' } }),
    call(1, { function: { arguments: '"CET"}' } }),
    call(0, { function: { arguments: '"Oslo"}' } }),
    delta(0, {}, 'tool_calls'),
  ]) {
    assembly.accept(chunk);
  }

  assert.deepEqual(assembly.body()['choices'], [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
          { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } },
        ],
      },
      finish_reason: 'tool_calls',
    },
  ]);
});

test('refusals, log probabilities and unknown fields are kept', () => {
  const assembly = streamAssembly(1);
  const logprob = (token: string): Json => ({
    id: 'x',
    choices: [
      {
        index: 0,
        delta: { refusal: token, reasoning_content: token },
        logprobs: { content: [{ token }] },
        content_filter_results: { hate: { filtered: false, severity: 'safe' } },
      },
    ],
  });
  assembly.accept(logprob('No'));
  assembly.accept(logprob(' way'));

  assert.deepEqual(assembly.body()['choices'], [
    {
      index: 0,
      message: { role: 'assistant', content: null, refusal: 'No way', reasoning_content: 'No way' },
      finish_reason: null,
      logprobs: { content: [{ token: 'No' }, { token: ' way' }] },
      content_filter_results: { hate: { filtered: false, severity: 'safe' } },
    },
  ]);
});

test('any chunks are taken, and never change the prototype of anything', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => parseJson(JSON.stringify(value)) ?? null);
  const field = fc.constantFrom('content', 'role', 'tool_calls', 'index', '__proto__', 'constructor');
  const part = fc.record({ index: json, delta: fc.dictionary(field, json), finish_reason: json, __proto__: json });
  const chunk = fc.oneof(json, fc.record({ choices: fc.array(part), id: json }));
  fc.assert(
    fc.property(fc.array(chunk), fc.integer({ min: 1, max: 3 }), (chunks, expected) => {
      const assembly = streamAssembly(expected);
      for (const value of chunks) {
        assembly.accept(parseJson(JSON.stringify(value)) ?? null);
      }
      const body = assembly.body();
      assert.equal(Object.getPrototypeOf(body), Object.prototype);
      assert.ok(Array.isArray(body['choices']));
      assert.equal(Object.hasOwn(Object.prototype, 'content'), false);
    }),
  );
});
