import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { type ChatRequest, readChatRequest } from '../../../local/azure-openai/chat/chat-request.ts';
import { draftCompletion } from '../../../local/azure-openai/chat/draft-completion.ts';
import { readResponsesRequest } from '../../../local/azure-openai/responses/responses-request.ts';
import { ServiceError } from '../../../local/azure-openai/service-error.ts';
import { splitRoughly } from '../../../local/azure-openai/token-counter.ts';
import { requiredModelFacts } from './model-facts-for-test.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
const chat = {
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'json' }] },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: 'x' },
  ],
  tools: [{ type: 'function', function: { name: 'f', strict: false, parameters } }],
  tool_choice: { type: 'function', function: { name: 'f' } },
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: parameters } },
  stream: true,
  stream_options: { include_usage: true },
  logprobs: true,
  top_logprobs: 2,
  stop: ['a'],
  n: 2,
};
const response = {
  input: [
    { role: 'user', content: [{ type: 'input_text', text: 'json' }] },
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: 'x' },
  ],
  instructions: 'x',
  tools: [{ type: 'function', name: 'f', parameters }],
  tool_choice: 'required',
  text: { format: { type: 'json_schema', name: 'x', schema: parameters } },
  include: ['message.output_text.logprobs'],
};

/** Every place inside of a value, by its path. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [...(path.length === 0 ? [] : [path]), ...inside.flatMap(([key, child]) => placesIn(child, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return by;
  }
  if (Array.isArray(value)) {
    return value.map((child: unknown, index) => (String(index) === key ? replaced(child, rest, by) : child));
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, child]) => [name, name === key ? replaced(child, rest, by) : child]));
}

/** The body with one or two of its places replaced by any JSON. */
function broken(body: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.constantFrom(...placesIn(body)), fc.jsonValue());
  return fc
    .array(change, { minLength: 1, maxLength: 2 })
    .map((changes) => changes.reduce((whole: unknown, [path, by]) => replaced(whole, path, by), body));
}

/** Reads and drafts; anything but the service's own refusal is a defect of the simulator. */
function answer(read: () => ChatRequest): void {
  try {
    const question = { request: read(), seed: 1, model: 'x', maxTokens: 50, splitTokens: splitRoughly, reasons: true };
    assert.ok(draftCompletion(question).length > 0);
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.status, 400);
  }
}

describe('a body with something else in one of its places is answered or refused', () => {
  const models = ['gpt-4o-mini', 'gpt-5.1'].map((model) => requiredModelFacts(model));
  for (const model of models) {
    test(`as a chat completion of ${model.version}`, () => {
      fc.assert(
        fc.property(broken(chat), (body) => {
          answer(() => readChatRequest(body, model));
        }),
        { numRuns: 1000 },
      );
    });

    test(`as a response of ${model.version}`, () => {
      fc.assert(
        fc.property(broken(response), (body) => {
          answer(() => readResponsesRequest(body, model, () => undefined).chat);
        }),
        { numRuns: 1000 },
      );
    });
  }

  test('the bodies themselves are answered', () => {
    const model = requiredModelFacts('gpt-4o-mini');
    assert.equal(readChatRequest(chat, model).choices, 2);
    assert.equal(readResponsesRequest(response, model, () => undefined).chat.messages.length, 4);
  });
});
