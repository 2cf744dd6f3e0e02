import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ask, collect, rejection, startForTest } from '../start-for-test.ts';

const question = { ...ask('Name a risk.', 40), logprobs: true, top_logprobs: 3 } as const;

describe('log probabilities', () => {
  test('are given for every token of the text, with its bytes', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices, usage } = await azure.chat.completions.create(question);
    const tokens = choices[0]?.logprobs?.content ?? [];
    assert.equal(tokens.length, usage?.completion_tokens);
    assert.equal(tokens.map(({ token }) => token).join(''), choices[0]?.message.content);
    assert.ok(tokens.every(({ bytes, token }) => Buffer.from(bytes ?? []).toString('utf8') === token));
  });

  test('are at most 0, ranked, with the token among them, and add up to at most 1', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices } = await azure.chat.completions.create(question);
    for (const { logprob, token, top_logprobs: top } of choices[0]?.logprobs?.content ?? []) {
      const ranked = top.map((one) => one.logprob);
      assert.equal(top.length, 3);
      assert.ok(logprob <= 0);
      assert.deepEqual(
        ranked,
        ranked.toSorted((left, right) => right - left),
      );
      assert.ok(top.some((one) => one.token === token && one.logprob === logprob));
      assert.ok(ranked.reduce((sum, value) => sum + Math.exp(value), 0) <= 1 + 1e-6);
    }
  });

  test('without top_logprobs have no alternatives', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices } = await azure.chat.completions.create({ ...ask('Name a risk.', 40), logprobs: true });
    const tokens = choices[0]?.logprobs?.content ?? [];
    assert.ok(tokens.length > 0);
    assert.ok(tokens.every(({ top_logprobs: top }) => top.length === 0));
  });

  test('stream with the token that they are of, the same as the plain ones', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const plain = await azure.chat.completions.create(question);
    const chunks = await collect(await azure.chat.completions.create({ ...question, stream: true }));
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const streamed = choices.flatMap(({ logprobs }) => logprobs?.content ?? []);
    assert.deepEqual(streamed, plain.choices[0]?.logprobs?.content);
    for (const { delta, logprobs } of choices) {
      assert.equal(logprobs?.content?.[0]?.token ?? '', delta.content ?? '');
    }
  });

  test('are null unless they are asked for', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { choices } = await azure.chat.completions.create(ask('Name a risk.', 40));
    assert.equal(choices[0]?.logprobs, null);
  });

  test('top_logprobs without logprobs, and more than 20, are refused', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const alone = await rejection(azure.chat.completions.create({ ...ask('Hello'), top_logprobs: 2 }));
    assert.equal(alone.param, 'top_logprobs');
    assert.match(alone.message, /only allowed when 'logprobs' is enabled/u);
    const many = await rejection(azure.chat.completions.create({ ...question, top_logprobs: 21 }));
    assert.equal(many.code, 'integer_above_max_value');
  });
});
