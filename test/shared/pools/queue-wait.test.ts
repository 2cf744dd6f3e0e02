import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Backlog } from '../../../shared/pools/job-queue.ts';
import { queueWaitMs, type UsableBucket } from '../../../shared/pools/queue-wait.ts';

const now = 1_000_000;
const windowMs = 61_000;

/** A bucket that is full: room comes back as fast as its limit allows. */
function full(tokensPerMinute: number, requestsPerMinute = Number.POSITIVE_INFINITY): UsableBucket {
  const waitMs = (tokens: number): number => (tokens * windowMs) / tokensPerMinute;
  return { limits: { tokensPerMinute, requestsPerMinute }, waitMs };
}

/** A bucket that has been idle for a minute. */
function idle(tokensPerMinute: number): UsableBucket {
  return { ...full(tokensPerMinute), waitMs: () => 0 };
}

function waited(ahead: Partial<Backlog>, buckets: readonly UsableBucket[], costTokens = 0): number | undefined {
  const backlog = { countedAt: now, messages: 0, costTokens: undefined, ...ahead };
  return queueWaitMs({ ahead: backlog, buckets, costTokens, now });
}

test('behind a full bucket, what waits starts at the rate of the limit, window after window', () => {
  assert.equal(waited({ messages: 10, costTokens: 50_000 }, [full(100_000)]), windowMs / 2);
  assert.equal(waited({ messages: 10, costTokens: 250_000 }, [full(100_000)]), windowMs * 2.5);
});

test('an idle bucket starts a window’s worth at its peak, and the rest a window later', () => {
  assert.equal(waited({ messages: 10, costTokens: 90_000 }, [idle(100_000)]), Math.round((windowMs * 0.9) / 1.5));
  assert.equal(waited({ messages: 10, costTokens: 110_000 }, [idle(100_000)]), windowMs);
  assert.equal(waited({ messages: 0, costTokens: 0 }, [idle(100_000)], 500), 0);
});

test('several buckets share what waits by their limits', () => {
  const one = waited({ messages: 10, costTokens: 300_000 }, [full(300_000)]);
  assert.equal(waited({ messages: 10, costTokens: 300_000 }, [full(100_000), full(200_000)]), one);
});

test('requests say when, where they are what is short', () => {
  assert.equal(waited({ messages: 100, costTokens: 10 }, [full(100_000, 600)]), 10_000);
});

test('messages that tell no cost are taken to cost as much as the job', () => {
  const told = waited({ messages: 100, costTokens: 100_000 }, [full(1_000_000)], 1000);
  assert.equal(waited({ messages: 100 }, [full(1_000_000)], 1000), told);
});

test('what was started since it was counted is not ahead any more', () => {
  const ahead = { messages: 100, costTokens: 100_000, countedAt: now - 6000 };
  assert.equal(waited(ahead, [full(100_000)]), Math.round(windowMs * 0.9));
  assert.equal(waited({ ...ahead, countedAt: now - 90_000 }, [full(100_000)]), 0);
});

test('without a bucket no wait is told', () => {
  assert.equal(waited({ messages: 1, costTokens: 1 }, []), undefined);
});

test('more ahead never means a shorter wait', () => {
  const backlog = fc.record({
    messages: fc.integer({ min: 0, max: 100_000 }),
    costTokens: fc.integer({ min: 0, max: 10 ** 9 }),
  });
  const buckets = fc.constantFrom([full(100_000, 600)], [full(50_000), full(1_000_000)]);
  fc.assert(
    fc.property(backlog, backlog, buckets, (some, more, usable) => {
      const all = { messages: some.messages + more.messages, costTokens: some.costTokens + more.costTokens };
      assert.ok((waited(all, usable) ?? 0) >= (waited(some, usable) ?? 0));
    }),
  );
});
