import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/json.ts';
import { trimMessages, type TrimmedMessages } from '../../../shared/models/trim-messages.ts';
import { textAt } from '../../../shared/tokens/json-guards.ts';
import type { CountedPrompt } from '../../../shared/tokens/prompt-count.ts';
import { anyConversation, linksOf, says, turnsOf } from './conversations.ts';

const overhead = 3;

function countOf(tokens: readonly number[], more: Partial<CountedPrompt> = {}): CountedPrompt {
  const parts = tokens.map((each, index) => ({ index, role: 'any', tokens: each, leastTokens: each }));
  const all = overhead + tokens.reduce((sum, each) => sum + each, 0);
  return { kind: 'counted', tokens: all, leastTokens: all, precision: 'counted', parts, ...more };
}

async function trim(
  messages: readonly JsonObject[],
  tokens: readonly number[],
  limitTokens: number,
): Promise<TrimmedMessages> {
  return trimMessages({ turns: await turnsOf(messages), count: countOf(tokens), limitTokens });
}

const chat = [says('system'), says('user'), says('assistant'), says('user'), says('assistant'), says('user')];

test('the oldest turns go first, and no more of them than it takes', async () => {
  const tokens = [10, 20, 20, 30, 30, 5];

  assert.deepEqual((await trim(chat, tokens, 78)).keptPlaces, [0, 3, 4, 5]);
  assert.deepEqual((await trim(chat, tokens, 117)).keptPlaces, [0, 3, 4, 5]);
  assert.deepEqual((await trim(chat, tokens, 118)).keptPlaces, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual((await trim(chat, tokens, 77)).keptPlaces, [0, 5]);
});

test('it says what was dropped, and counts what is left', async () => {
  const trimmed = await trim(chat, [10, 20, 21, 30, 30, 5], 78);

  assert.partialDeepStrictEqual(trimmed, { droppedTurns: 1, droppedMessages: 2, droppedTokens: 41 });
  assert.partialDeepStrictEqual(trimmed.count, { tokens: 78, leastTokens: 78, precision: 'counted' });
  assert.deepEqual(
    trimmed.count.parts.map((part) => part.index),
    [0, 3, 4, 5],
  );
});

test('a turn that is too large ends the window, although an older one would fit', async () => {
  assert.deepEqual((await trim(chat, [1, 1, 1, 500, 500, 1], 100)).keptPlaces, [0, 5]);
});

test('what is never dropped stays, even when it is too much', async () => {
  const trimmed = await trim(chat, [500, 1, 1, 1, 1, 500], 100);

  assert.deepEqual(trimmed.keptPlaces, [0, 5]);
  assert.equal(trimmed.count.tokens, overhead + 1000);
});

test('turns that were not counted to their end are dropped, and told as far as they were counted', async () => {
  const whole = countOf([10, 20, 20, 30, 30, 5]);
  const parts = whole.parts.filter((part) => part.index !== 1);
  const count: CountedPrompt = { ...whole, tokens: whole.tokens - 20, precision: 'atLeast', parts };

  const trimmed = trimMessages({ turns: await turnsOf(chat), count, limitTokens: 100 });

  assert.partialDeepStrictEqual(trimmed, { droppedTurns: 1, droppedMessages: 2, droppedTokens: 20 });
  assert.partialDeepStrictEqual(trimmed.count, { tokens: 78, precision: 'counted' });
});

test('a turn of very many messages is kept or dropped like any other', async () => {
  const messages = [says('user'), ...Array.from({ length: 300_000 }, () => says('assistant')), says('user')];
  const tokens = messages.map(() => 1);

  assert.equal((await trim(messages, tokens, 1_000_000)).keptPlaces.length, 300_002);
  assert.deepEqual((await trim(messages, tokens, 300_000)).keptPlaces, [300_001]);
});

const weighedConversation = anyConversation.chain((messages) =>
  fc.record({
    messages: fc.constant(messages),
    tokens: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: messages.length, maxLength: messages.length }),
    limit: fc.integer({ min: 0, max: 600 }),
  }),
);

async function check(
  law: (input: { messages: readonly JsonObject[]; tokens: readonly number[]; limit: number }) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(weighedConversation, law), { numRuns: 500 });
}

const roleOf = (message: JsonObject | undefined): string => textAt(message, 'role') ?? '';

test('system and developer messages and all from the last user message on are kept, in order', async () => {
  await check(async ({ messages, tokens, limit }) => {
    const { keptPlaces } = await trim(messages, tokens, limit);
    const lastUser = messages.findLastIndex((message) => roleOf(message) === 'user');
    const must = [...messages.keys()].filter(
      (place) => ['system', 'developer'].includes(roleOf(messages[place])) || place >= lastUser,
    );
    assert.ok(must.every((place) => keptPlaces.includes(place)));
    assert.ok(keptPlaces.every((place, index) => index === 0 || place > (keptPlaces[index - 1] ?? 0)));
  });
});

test('it fits, or nothing more can be dropped; and with the newest dropped turn put back it would not fit', async () => {
  await check(async ({ messages, tokens, limit }) => {
    const { count, droppedTurns } = await trim(messages, tokens, limit);
    const { older } = await turnsOf(messages);
    assert.ok(count.tokens <= limit || droppedTurns === older.length);
    const newestDropped = older[droppedTurns - 1] ?? [];
    const putBack = newestDropped.reduce((sum, place) => sum + (tokens[place] ?? 0), count.tokens);
    assert.ok(droppedTurns === 0 || putBack > limit);
  });
});

test('no result is left without its call, and no call without its results', async () => {
  await check(async ({ messages, tokens, limit }) => {
    const { keptPlaces } = await trim(messages, tokens, limit);
    for (const [call, result] of linksOf(messages)) {
      assert.equal(keptPlaces.includes(call), keptPlaces.includes(result));
    }
  });
});

test('nothing newer than what is left was dropped', async () => {
  await check(async ({ messages, tokens, limit }) => {
    const { keptPlaces } = await trim(messages, tokens, limit);
    const places = [...messages.keys()].filter((place) => !['system', 'developer'].includes(roleOf(messages[place])));
    const newestDropped = Math.max(-1, ...places.filter((place) => !keptPlaces.includes(place)));
    assert.ok(places.every((place) => !keptPlaces.includes(place) || place > newestDropped));
  });
});

test('trimming what was trimmed changes nothing', async () => {
  await check(async ({ messages, tokens, limit }) => {
    const { keptPlaces, count } = await trim(messages, tokens, limit);
    const left = messages.filter((_, place) => keptPlaces.includes(place));
    const leftTokens = keptPlaces.flatMap((place) => tokens[place] ?? []);
    const again = await trim(left, leftTokens, limit);
    assert.equal(again.droppedTurns, 0);
    assert.equal(again.count.tokens, count.tokens);
  });
});
