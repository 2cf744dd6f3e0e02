import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/json.ts';
import { type FitWish, fitRequest, type RequestFit } from '../../../shared/models/fit-request.ts';
import { countPrompt } from '../../../shared/tokens/count-prompt.ts';
import { isJsonArray } from '../../../shared/tokens/json-guards.ts';
import type { CountedPrompt } from '../../../shared/tokens/prompt-count.ts';
import { tokenizerTokenCounter } from '../../../shared/tokens/tokenizer-token-counter.ts';
import { anyConversation, says, turnsOf } from './conversations.ts';

const counter = tokenizerTokenCounter();
const window = { operation: 'chat', contextTokens: 1000, inputTokens: 1000, outputTokens: 400 } as const;

/** A body of messages with so many tokens each, by a count that says so. */
function body(tokens: readonly number[], fields: JsonObject = {}): Pick<FitWish, 'body' | 'count'> {
  const messages = tokens.map((_, index) => says(index % 2 === 0 ? 'user' : 'assistant'));
  const all = 3 + tokens.reduce((sum, each) => sum + each, 0);
  const parts = tokens.map((each, index) => ({ index, role: 'user', tokens: each, leastTokens: each }));
  const count: CountedPrompt = { kind: 'counted', tokens: all, leastTokens: all, precision: 'counted', parts };
  return { body: { model: 'm', ...fields, messages }, count };
}

async function fit(wish: Pick<FitWish, 'body' | 'count' | 'onOverflow'> & Partial<FitWish>): Promise<RequestFit> {
  const messages = wish.body['messages'];
  const turns = isJsonArray(messages) ? await turnsOf(messages) : undefined;
  return fitRequest({ model: window, turns, ...wish });
}

function assertFits(result: RequestFit): asserts result is Extract<RequestFit, { kind: 'fits' }> {
  assert.equal(result.kind, 'fits', JSON.stringify(result));
}

function assertOverflows(result: RequestFit): asserts result is Extract<RequestFit, { kind: 'overflows' }> {
  assert.equal(result.kind, 'overflows', JSON.stringify(result));
}

for (const onOverflow of ['dead-letter', 'trim', 'reduce-output'] as const) {
  test(`${onOverflow}: a request that fits is sent as it is`, async () => {
    const wish = body([500, 100, 97], { max_tokens: 300 });

    assert.deepEqual(await fit({ ...wish, onOverflow }), { kind: 'fits', ...wish, fitting: undefined });
  });

  test(`${onOverflow}: a prompt of which only an estimate does not fit is sent as it is`, async () => {
    const { body: sent, count } = body([2000], { max_tokens: 300 });
    const doubtful = { ...count, leastTokens: 700 };

    assert.deepEqual(await fit({ body: sent, count: doubtful, onOverflow }), {
      kind: 'fits',
      body: sent,
      count: doubtful,
      fitting: undefined,
    });
  });
}

test('trim: room is made for the output that the request names', async () => {
  const result = await fit({ ...body([100, 100, 300, 300, 97], { max_tokens: 300 }), onOverflow: 'trim' });

  assertFits(result);
  assert.deepEqual(result.fitting, {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 2,
    droppedTokens: 200,
    keptMessages: 3,
    keptTokens: 700,
  });
  assert.deepEqual(result.body, {
    model: 'm',
    max_tokens: 300,
    messages: [says('user'), says('assistant'), says('user')],
  });
  assert.equal(result.count.tokens, 700);
});

test('trim: a request that names no output leaves an eighth of the window to its answer', async () => {
  const filled = await fit({ ...body([500, 1, 400, 471, 1]), onOverflow: 'trim' });
  const tooFull = await fit({ ...body([500, 1, 400, 472, 1]), onOverflow: 'trim' });

  assert.partialDeepStrictEqual(filled, { fitting: { keptTokens: 875 } });
  assert.partialDeepStrictEqual(tooFull, { fitting: { keptTokens: 4 } });
});

test('trim: when the newest turn leaves less than that, it is sent with what room there is', async () => {
  assert.partialDeepStrictEqual(await fit({ ...body([500, 1, 990]), onOverflow: 'trim' }), {
    kind: 'fits',
    fitting: { droppedTurns: 1, keptTokens: 993 },
  });
});

test('trim: a model whose prompt has a window of its own is filled up to that', async () => {
  const model = { ...window, inputTokens: 600 };

  assert.partialDeepStrictEqual(
    await fit({ ...body([300, 100, 497, 50, 50], { max_tokens: 400 }), model, onOverflow: 'trim' }),
    {
      fitting: { droppedMessages: 2, keptTokens: 600 },
    },
  );
});

test('trim: what is only estimated is no reason to refuse what is left', async () => {
  const { body: sent, count } = body([700, 1, 5000], { max_tokens: 300 });
  const parts = count.parts.map((part) => (part.index === 2 ? { ...part, leastTokens: 400 } : part));
  const doubtful = { ...count, leastTokens: count.tokens - 4600, parts };

  const result = await fit({ body: sent, count: doubtful, onOverflow: 'trim' });

  assertFits(result);
  assert.partialDeepStrictEqual(result, {
    fitting: { droppedTurns: 1, keptTokens: 5003 },
    count: { leastTokens: 403 },
  });
});

test('trim: a newest turn that is too long by itself overflows, with what is kept and what could go', async () => {
  const result = await fit({ ...body([500, 1, 800], { max_tokens: 300 }), onOverflow: 'trim' });

  assertOverflows(result);
  assert.partialDeepStrictEqual(result.overflow, { promptTokens: 1304, outputTokens: 300, overByTokens: 604 });
  assert.partialDeepStrictEqual(result.noHelp, {
    kind: 'kept-too-long',
    keptMessages: 1,
    droppedMessages: 2,
    droppedTokens: 501,
    kept: { promptTokens: 803, overByTokens: 103, largestMessages: [{ index: 2, tokens: 800 }] },
  });
});

test('trim: an embeddings request has no messages that could be dropped', async () => {
  const { count } = body([2000]);
  const wish = { body: { model: 'm', input: 'text' }, count, model: { ...window, operation: 'embeddings' as const } };

  const result = await fit({ ...wish, onOverflow: 'trim' });

  assertOverflows(result);
  assert.deepEqual(result.noHelp, { kind: 'no-messages' });
});

test('reduce-output: the output is lowered to what the window leaves, and nothing else is changed', async () => {
  const wish = body([697, 1, 99], { max_tokens: 300, temperature: 0 });

  assert.deepEqual(await fit({ ...wish, onOverflow: 'reduce-output' }), {
    kind: 'fits',
    body: { ...wish.body, max_tokens: 200 },
    count: wish.count,
    fitting: { kind: 'output-reduced', fromTokens: 300, toTokens: 200 },
  });
});

test('reduce-output: of two maximums each is lowered, and none is raised', async () => {
  const wish = body([797], { max_tokens: 300, max_completion_tokens: 150 });

  assert.partialDeepStrictEqual(await fit({ ...wish, onOverflow: 'reduce-output' }), {
    body: { max_tokens: 200, max_completion_tokens: 150 },
  });
});

test('reduce-output: an answer is not cut to fewer than 16 tokens, but may have been asked to be that short', async () => {
  const cut = await fit({ ...body([982], { max_tokens: 300 }), onOverflow: 'reduce-output' });
  const least = await fit({ ...body([981], { max_tokens: 300 }), onOverflow: 'reduce-output' });
  const short = await fit({ ...body([993], { max_tokens: 5 }), onOverflow: 'reduce-output' });

  assertOverflows(cut);
  assert.deepEqual(cut.noHelp, { kind: 'no-room', roomTokens: 15, leastOutputTokens: 16 });
  assert.partialDeepStrictEqual(least, { fitting: { toTokens: 16 } });
  assertOverflows(short);
  assert.deepEqual(short.noHelp, { kind: 'no-room', roomTokens: 4, leastOutputTokens: 5 });
});

test('reduce-output: a prompt that is over its own window, or names no output, is not helped', async () => {
  const over = await fit({
    ...body([697], { max_tokens: 400 }),
    model: { ...window, inputTokens: 600 },
    onOverflow: 'reduce-output',
  });
  const unnamed = await fit({ ...body([1000]), onOverflow: 'reduce-output' });

  assertOverflows(over);
  assert.deepEqual(over.noHelp, { kind: 'no-room', roomTokens: 0, leastOutputTokens: 16 });
  assertOverflows(unnamed);
  assert.deepEqual(unnamed.noHelp, { kind: 'no-output-named' });
});

test('dead-letter: nothing is changed', async () => {
  const result = await fit({ ...body([500, 1, 500], { max_tokens: 300 }), onOverflow: 'dead-letter' });

  assertOverflows(result);
  assert.deepEqual(result.noHelp, { kind: 'not-asked' });
});

test('a corrected count: what the service counts beyond ours is taken off the window that it told', async () => {
  const correction = { contextTokens: 900, inputTokens: 900, uncountedTokens: 50 };
  const wish = body([100, 49, 300, 101, 97], { max_tokens: 300 });

  const trimmed = await fit({ ...wish, onOverflow: 'trim', correction });
  const reduced = await fit({ ...wish, onOverflow: 'reduce-output', correction });

  assert.partialDeepStrictEqual(trimmed, { fitting: { droppedTokens: 149, keptTokens: 501, correction } });
  assert.partialDeepStrictEqual(reduced, { fitting: { fromTokens: 300, toTokens: 200, correction } });
});

test('a corrected count: where ours was the higher, room is told exactly, and turns are dropped by ours', async () => {
  const correction = { contextTokens: 600, inputTokens: 600, uncountedTokens: -50 };
  const { body: sent, count } = body([100, 49, 300, 101, 97], { max_tokens: 300 });
  const wish = { body: sent, count: { ...count, leastTokens: 300 } };

  const trimmed = await fit({ ...wish, onOverflow: 'trim', correction });
  const reduced = await fit({ ...body([397], { max_tokens: 300 }), onOverflow: 'reduce-output', correction });

  assert.partialDeepStrictEqual(trimmed, { fitting: { droppedTokens: 550, keptTokens: 100 } });
  assert.partialDeepStrictEqual(reduced, { fitting: { toTokens: 250 } });
});

test('the count of what trimming leaves is what counting it again gives', async () => {
  const words = fc.constantFrom('', 'one two three', '日本語のテキスト', 'x'.repeat(700), '\n\n  {"a": 1}');
  const texts = fc.array(words, { minLength: 24, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(
      anyConversation,
      texts,
      fc.integer({ min: 20, max: 900 }),
      async (messages, contents, contextTokens) => {
        const filled = messages.map((message, index) => ({ ...message, content: contents[index] ?? '' }));
        const sent = { messages: filled, tools: [{ type: 'function', function: { name: 'look_up' } }] };
        const options = {
          operation: 'chat',
          counter,
          encoding: 'o200k_base',
          yieldToEventLoop: async () => undefined,
        } as const;
        const count = await countPrompt(sent, options);
        assert.ok(count.kind === 'counted');
        const model = { ...window, contextTokens, inputTokens: contextTokens };
        const result = fitRequest({ body: sent, count, model, turns: await turnsOf(filled), onOverflow: 'trim' });
        if (result.kind === 'fits') {
          const again = await countPrompt(result.body, options);
          assert.ok(again.kind === 'counted' && isJsonArray(result.body['messages']));
          assert.equal(again.tokens, result.count.tokens);
          assert.equal(again.leastTokens, result.count.leastTokens);
          assert.ok(again.leastTokens <= contextTokens);
        }
      },
    ),
    { numRuns: 150 },
  );
});
