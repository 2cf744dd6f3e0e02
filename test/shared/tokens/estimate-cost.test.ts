import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { estimateCost, requestedAnswers, requestedOutputTokens } from '../../../shared/tokens/estimate-cost.ts';
import { isJsonObject, parseJson } from '../../../shared/tokens/json-guards.ts';

const message = (content: string) => ({ role: 'user', content });

test('a chat costs a quarter of its characters and 1 a text part, and its maximum output', () => {
  const body = { messages: [message('a'.repeat(40)), message('b'.repeat(7))], max_tokens: 100 };

  assert.equal(estimateCost('chat', body), 10 + 1 + 1 + 1 + 100);
});

test('a chat that names no maximum costs what the deployment assumes, 640 by default', () => {
  assert.equal(estimateCost('chat', { messages: [message('')] }), 1 + 640);
  assert.equal(
    estimateCost('chat', { messages: [message('')] }, { charactersPerToken: 4, defaultMaxTokens: 16 }),
    1 + 16,
  );
  assert.equal(
    estimateCost(
      'chat',
      { messages: [message('a'.repeat(10))], max_tokens: 0 },
      { charactersPerToken: 2.5, defaultMaxTokens: 16 },
    ),
    5,
  );
});

test('several answers cost the maximum output each', () => {
  assert.equal(estimateCost('chat', { messages: [message('')], max_completion_tokens: 50, n: 3 }), 1 + 150);
  assert.equal(estimateCost('chat', { messages: [message('')], max_tokens: 50, n: 1, best_of: 4 }), 1 + 200);
});

test('text parts of a list are charged one by one, images are not', () => {
  const content = [
    { type: 'text', text: 'abcdefgh' },
    { type: 'image_url', image_url: { url: 'data:' } },
    { type: 'text', text: 'abc' },
  ];

  assert.equal(estimateCost('chat', { messages: [{ role: 'user', content }], max_tokens: 0 }), 3 + 1);
});

test('an emoji is two characters', () => {
  assert.equal(estimateCost('chat', { messages: [message('😀'.repeat(10))], max_tokens: 0 }), 6);
});

test('embeddings cost a quarter of their characters, rounded up, and tokens as they are', () => {
  assert.equal(estimateCost('embeddings', { input: 'abcde' }), 2);
  assert.equal(estimateCost('embeddings', { input: ['abcd', 'abcde'] }), 3);
  assert.equal(estimateCost('embeddings', { input: [1, 2, 3] }), 3);
  assert.equal(estimateCost('embeddings', { input: [[1, 2], [3]] }), 3);
});

test('the larger one counts when a body names two maxima', () => {
  assert.equal(requestedOutputTokens({ max_tokens: 10, max_completion_tokens: 20 }), 20);
  assert.equal(requestedOutputTokens({ max_tokens: -1 }), undefined);
  assert.equal(requestedAnswers({ n: 0 }), 1);
});

test('whatever JSON a body is made of, its cost is a whole number of at least 1', () => {
  fc.assert(
    fc.property(
      fc.record({ messages: fc.jsonValue(), input: fc.jsonValue(), max_tokens: fc.jsonValue(), n: fc.jsonValue() }),
      fc.constantFrom('chat', 'embeddings'),
      (value, operation) => {
        const body = parseJson(JSON.stringify(value));
        assert.ok(isJsonObject(body));
        const cost = estimateCost(operation, body);
        assert.ok(Number.isSafeInteger(cost) && cost >= 1);
      },
    ),
  );
});
