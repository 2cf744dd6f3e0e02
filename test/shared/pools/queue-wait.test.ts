import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { queueWaitMs } from '../../../shared/pools/queue-wait.ts';

const rate = { tokensPerMs: 2, requestsPerMs: 0.01 };

test('what waits is started at the slower of the two rates', () => {
  assert.equal(
    queueWaitMs({ ahead: { countedAt: 1, messages: 100, costTokens: 100_000 }, rate, costTokens: 1 }),
    50_000,
  );
  assert.equal(queueWaitMs({ ahead: { countedAt: 1, messages: 100, costTokens: 1000 }, rate, costTokens: 1 }), 10_000);
  assert.equal(queueWaitMs({ ahead: { countedAt: 1, messages: 0, costTokens: undefined }, rate, costTokens: 1 }), 0);
});

test('messages that tell no cost are taken to cost as much as the job', () => {
  assert.equal(
    queueWaitMs({ ahead: { countedAt: 1, messages: 100, costTokens: undefined }, rate, costTokens: 1000 }),
    50_000,
  );
});

test('of a pool that starts nothing, no wait is told', () => {
  const ahead = { countedAt: 1, messages: 1, costTokens: 1 };
  assert.equal(queueWaitMs({ ahead, rate: { tokensPerMs: 0, requestsPerMs: 0 }, costTokens: 1 }), undefined);
});

test('a pool without a request limit waits for tokens alone', () => {
  const noLimit = { tokensPerMs: 2, requestsPerMs: Number.POSITIVE_INFINITY };
  assert.equal(
    queueWaitMs({ ahead: { countedAt: 1, messages: 100, costTokens: 1000 }, rate: noLimit, costTokens: 1 }),
    500,
  );
});

test('more ahead never means a shorter wait', () => {
  const backlog = fc.record({
    countedAt: fc.constant(1),
    messages: fc.integer({ min: 0, max: 100_000 }),
    costTokens: fc.integer({ min: 0, max: 10 ** 9 }),
  });
  fc.assert(
    fc.property(backlog, backlog, (some, more) => {
      const all = {
        countedAt: 1,
        messages: some.messages + more.messages,
        costTokens: some.costTokens + more.costTokens,
      };
      const [short, long] = [some, all].map((ahead) => queueWaitMs({ ahead, rate, costTokens: 1 }) ?? 0);
      assert.ok((long ?? 0) >= (short ?? 0));
    }),
  );
});
