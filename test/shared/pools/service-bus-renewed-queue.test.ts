import { ServiceBusError } from '@azure/service-bus';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { type ClientQueue, renewedJobQueue } from '../../../shared/pools/service-bus-renewed-queue.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { memoryJobQueue } from '../../fakes/memory-job-queue.ts';

const away = new AppError('queue.unavailable', 'Service Bus did not answer.', { isRetryable: true });

/** Clients in the order in which they are opened; each sends as it is told to. */
function open(sends: readonly (() => Promise<void>)[], facts: { inHand?: number; nowMs?: number } = {}) {
  const opened: { isClosed: boolean }[] = [];
  const queue = renewedJobQueue(
    (): ClientQueue => {
      const state = { isClosed: false };
      const send = sends[opened.length] ?? (async () => undefined);
      opened.push(state);
      return {
        ...memoryJobQueue(fakeClock()),
        send,
        inHand: () => facts.inHand ?? 0,
        close: async () => {
          state.isClosed = true;
        },
      };
    },
    { longestMs: 20, now: () => facts.nowMs ?? 0 },
  );
  return { opened, queue };
}

async function fail(error: Error): Promise<never> {
  throw error;
}

function onceGood(then: () => Promise<void>): () => Promise<void> {
  let calls = 0;
  return async () => {
    calls += 1;
    await (calls === 1 ? undefined : then());
  };
}

test('a client whose connection broke is replaced and closed, and the next operation goes through another', async () => {
  const { opened, queue } = open([onceGood(async () => fail(away))]);
  await queue.send('jobs', []);

  await assert.rejects(queue.send('jobs', []), away);
  await queue.send('jobs', []);

  assert.deepEqual(opened, [{ isClosed: true }, { isClosed: false }]);
});

test('an operation that never returns is told as a fault, and its client is replaced', async () => {
  const { opened, queue } = open([onceGood(async () => new Promise(() => undefined))]);
  await queue.send('jobs', []);

  await assert.rejects(queue.send('jobs', []), { code: 'queue.unavailable', isRetryable: true });

  assert.equal(opened.length, 2);
});

test('a retired client that has messages in hand stays open', async () => {
  const { opened, queue } = open([onceGood(async () => fail(away))], { inHand: 1 });
  await queue.send('jobs', []);

  await assert.rejects(queue.send('jobs', []), away);

  assert.deepEqual(opened, [{ isClosed: false }, { isClosed: false }]);
  await queue.close();
  assert.deepEqual(opened, [{ isClosed: true }, { isClosed: true }]);
});

test('operations that fail together replace one client, not each other’s', async () => {
  const { opened, queue } = open([onceGood(async () => fail(away))]);
  await queue.send('jobs', []);

  await Promise.allSettled([queue.send('jobs', []), queue.send('jobs', []), queue.send('jobs', [])]);

  assert.equal(opened.length, 2);
});

test('while nothing answers, a client that never worked is given time before the next', async () => {
  const facts = { nowMs: 0 };
  const { opened, queue } = open([async () => fail(away), async () => fail(away)], facts);

  await assert.rejects(queue.send('jobs', []), away);
  assert.equal(opened.length, 1);
  facts.nowMs = 2000;
  await assert.rejects(queue.send('jobs', []), away);
  assert.equal(opened.length, 2);
  facts.nowMs = 4000;
  await assert.rejects(queue.send('jobs', []), away);
  assert.equal(opened.length, 2);
  facts.nowMs = 6000;
  await assert.rejects(queue.send('jobs', []), away);
  assert.equal(opened.length, 3);
});

test('a service that refuses, or says that it is busy, has a connection that works', async () => {
  const busy = new AppError('queue.unavailable', 'busy', {
    cause: new ServiceBusError('busy', 'ServiceBusy'),
    isRetryable: true,
  });
  const full = new AppError('queue.full', 'full', { isRetryable: true });

  for (const refusal of [busy, full]) {
    const { opened, queue } = open([onceGood(async () => fail(refusal))]);
    await queue.send('jobs', []);
    await assert.rejects(queue.send('jobs', []), refusal);
    assert.equal(opened.length, 1);
  }
});
