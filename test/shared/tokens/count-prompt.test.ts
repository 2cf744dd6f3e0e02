import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/json.ts';
import { countPrompt, type PromptCounting } from '../../../shared/tokens/count-prompt.ts';
import { isJsonObject, parseJson } from '../../../shared/tokens/json-guards.ts';
import type { CountedPrompt } from '../../../shared/tokens/prompt-count.ts';
import { tokenizerTokenCounter } from '../../../shared/tokens/tokenizer-token-counter.ts';

const counter = tokenizerTokenCounter();
const chat: PromptCounting = {
  operation: 'chat',
  counter,
  encoding: 'o200k_base',
  yieldToEventLoop: async () => undefined,
};
const embeddings: PromptCounting = { ...chat, operation: 'embeddings', encoding: 'cl100k_base' };

async function counted(body: JsonObject, options: PromptCounting = chat): Promise<CountedPrompt> {
  const count = await countPrompt(body, options);
  assert.equal(count.kind, 'counted', JSON.stringify(count));
  assert.ok(count.kind === 'counted');
  return count;
}

test('a chat costs 3 a message, its role, its text, 1 for a name, and 3 for the reply', async () => {
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', name: 'example_user', content: 'hello world' },
  ];

  const count = await counted({ messages });

  const system = 3 + 1 + 6;
  const user = 3 + 1 + 2 + 2 + 1;
  assert.deepEqual(count.parts, [
    { index: 0, role: 'system', tokens: system, leastTokens: system },
    { index: 1, role: 'user', tokens: user, leastTokens: user },
  ]);
  assert.equal(count.tokens, system + user + 3);
  assert.equal(count.leastTokens, count.tokens);
  assert.equal(count.precision, 'counted');
});

test("the published example conversation has the count that OpenAI's cookbook reports for gpt-4o", async () => {
  const system = (content: string, name?: string): JsonObject => ({
    role: 'system',
    content,
    ...(name === undefined ? {} : { name }),
  });
  const messages = [
    system('You are a helpful, pattern-following assistant that translates corporate jargon into plain English.'),
    system('New synergies will help drive top-line growth.', 'example_user'),
    system('Things working well together will increase revenue.', 'example_assistant'),
    system(
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
      'example_user',
    ),
    system("Let's talk later when we're less busy about how to do better.", 'example_assistant'),
    { role: 'user', content: "This late pivot means we don't have time to boil the ocean for the client deliverable." },
  ];

  assert.equal((await counted({ messages })).tokens, 124);
});

test('text parts count like text, and an image by its tiles', async () => {
  const png = pngOf(1024, 1024);
  const parts = (url: string, detail?: string): JsonObject => ({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hello world' },
          { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } },
        ],
      },
    ],
  });
  const text = 3 + 1 + 2 + 3;

  assert.equal((await counted(parts(png))).tokens, text + 85 + 4 * 170);
  assert.equal((await counted(parts(png, 'low'))).tokens, text + 85);
  assert.equal((await counted(parts('https://example.com/a.png'))).tokens, text + 85 + 8 * 170);
  assert.equal((await counted(parts(jpegOf(300, 200)))).tokens, text + 85 + 170);
  assert.equal((await counted(parts(png))).leastTokens, text);
});

test('tools, tool calls and an answer schema are estimated, and are no reason to refuse', async () => {
  const tool = {
    type: 'function',
    function: { name: 'weather', description: 'The weather of a city.', parameters: { type: 'object' } },
  };
  const plain = { messages: [{ role: 'user', content: 'hello world' }] };

  const count = await counted({
    messages: [
      ...plain.messages,
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
      },
    ],
    tools: [tool],
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
  });

  const without = await counted(plain);
  assert.ok(count.tokens > without.tokens + 40);
  assert.equal(count.leastTokens, without.leastTokens + 4);
});

test('embeddings count each input: texts, tokens and lists of tokens', async () => {
  assert.equal((await counted({ input: 'hello world' }, embeddings)).tokens, 2);
  assert.deepEqual((await counted({ input: ['hello world', 'hello'] }, embeddings)).parts, [
    { index: 0, role: 'input', tokens: 2, leastTokens: 2 },
    { index: 1, role: 'input', tokens: 1, leastTokens: 1 },
  ]);
  assert.equal((await counted({ input: [1, 2, 3] }, embeddings)).tokens, 3);
  assert.equal((await counted({ input: [[1, 2], [3]] }, embeddings)).tokens, 3);
});

test('a prompt whose bytes already fit is not counted but bounded', async () => {
  const lazy = { ...tokenizerTokenCounter(), countText: () => assert.fail('counted') };

  const count = await counted(
    { messages: [{ role: 'user', content: 'hello' }] },
    { ...chat, counter: lazy, enoughTokens: 100 },
  );

  assert.equal(count.precision, 'atMost');
  assert.equal(count.tokens, 3 + 4 + 5 + 3);
});

test('a prompt far over the limit is not counted to its end', async () => {
  const messages = [{ role: 'user', content: 'one two three '.repeat(100_000) }];

  const count = await counted({ messages }, { ...chat, stopAboveTokens: 1000 });

  assert.equal(count.precision, 'atLeast');
  assert.ok(count.leastTokens > 1000 && count.leastTokens < 5000);
});

test('messages are counted in the order that is asked for, each once, and told in their own', async () => {
  const messages = ['a', 'one two three '.repeat(2000), 'b', 'c'].map((content) => ({ role: 'user', content }));

  const whole = await counted({ messages }, { ...chat, countFirst: [3, 9, 3] });
  const stopped = await counted({ messages }, { ...chat, stopAboveTokens: 1000, countFirst: [3, 2] });

  assert.deepEqual(whole, await counted({ messages }));
  assert.deepEqual(
    stopped.parts.map((part) => part.index),
    [0, 1, 2, 3],
  );
  const newest = await counted({ messages }, { ...chat, stopAboveTokens: 1000, countFirst: [3, 2, 1] });
  assert.equal(newest.precision, 'atLeast');
  assert.deepEqual(
    newest.parts.map((part) => part.index),
    [1, 2, 3],
  );
});

const malformedBodies: readonly (readonly [string, JsonObject, PromptCounting, string])[] = [
  ['no messages', {}, chat, 'messages'],
  ['messages that are a text', { messages: 'hello' }, chat, 'messages'],
  ['an empty conversation', { messages: [] }, chat, 'messages'],
  ['a message that is a text', { messages: ['hello'] }, chat, 'messages[0]'],
  ['a message without a role', { messages: [{ content: 'a' }] }, chat, 'messages[0]'],
  ['content that is a number', { messages: [{ role: 'user', content: 1 }] }, chat, 'messages[0].content'],
  ['a part that is null', { messages: [{ role: 'user', content: [null] }] }, chat, 'messages[0].content[0]'],
  ['no input', {}, embeddings, 'input'],
  ['an empty input', { input: [] }, embeddings, 'input'],
  ['an input of mixed kinds', { input: ['a', 1] }, embeddings, 'input[1]'],
  ['an input of half tokens', { input: [0.5] }, embeddings, 'input[0]'],
];

for (const [name, body, options, path] of malformedBodies) {
  test(`${name} is malformed at ${path}`, async () => {
    const count = await countPrompt(body, options);
    assert.ok(count.kind === 'malformed');
    assert.equal(count.path, path);
  });
}

test('a body nested a hundred thousand deep is malformed, not a stack overflow', async () => {
  const body = parseJson(`{"messages":[],"tools":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  assert.ok(isJsonObject(body));

  const count = await countPrompt(body, chat);

  assert.equal(count.kind, 'malformed');
});

test('whatever JSON a body is made of, counting gives a value', async () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => parseJson(JSON.stringify(value)) ?? null);
  const message = fc.record(
    { role: json, content: json, name: json, tool_calls: fc.array(json) },
    { requiredKeys: [] },
  );
  const body = fc.record(
    { messages: fc.oneof(json, fc.array(message)), tools: json, input: json, n: json },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom(chat, embeddings), async (value, options) => {
      const parsed = parseJson(JSON.stringify(value));
      assert.ok(isJsonObject(parsed));
      const count = await countPrompt(parsed, options);
      assert.ok(count.kind === 'malformed' || count.leastTokens <= count.tokens);
    }),
  );
});

function pngOf(width: number, height: number): string {
  const bytes = Buffer.alloc(24);
  bytes.write('\u0089PNG\r\n\u001A\n', 'latin1');
  bytes.write('IHDR', 12, 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

function jpegOf(width: number, height: number): string {
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255]);
  const bytes = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2]), frame]);
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}
