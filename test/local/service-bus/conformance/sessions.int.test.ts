import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import Long from 'long';
import { ServiceBusClient } from '@azure/service-bus';
import { bodies, receive, receiveOne } from '../service-bus-fixture.ts';
import { connectionString, openClient, openQueue } from './endpoint.ts';

const withSessions = { requiresSession: true } as const;

/** A client that waits for a session for about a second. It is closed after the test. */
async function openImpatientClient(t: TestContext): Promise<ServiceBusClient> {
  const client = new ServiceBusClient(await connectionString(), { retryOptions: { maxRetries: 0, timeoutInMs: 1000 } });
  t.after(async () => client.close());
  return client;
}

test('a named session gets its own messages, in order, and no others', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client
    .createSender(queue)
    .sendMessages(['a1', 'b1', 'a2', 'b2', 'a3'].map((body) => ({ body, sessionId: body.slice(0, 1) })));

  const session = await client.acceptSession(queue, 'a');
  const messages = await receive(session, 3);

  assert.equal(session.sessionId, 'a');
  assert.deepEqual(bodies(messages), ['a1', 'a2', 'a3']);
  assert.ok(messages.every(({ sessionId }) => sessionId === 'a'));
  assert.deepEqual(await session.receiveMessages(1, { maxWaitTimeInMs: 50 }), []);
});

test('the session lock ends a lock duration after it was accepted', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, { ...withSessions, lockDuration: 'PT5M' })];
  const before = Date.now();

  const session = await client.acceptSession(queue, 'a');

  // The clocks of the service and of this machine may differ by some minutes.
  assert.ok(Math.abs(session.sessionLockedUntilUtc.getTime() - before - 300_000) < 240_000);
});

test('the next session is one with messages that nobody has', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).sendMessages(['a', 'b', 'c'].map((sessionId) => ({ body: sessionId, sessionId })));
  const named = await client.acceptSession(queue, 'b');

  const sessions = [await client.acceptNextSession(queue), await client.acceptNextSession(queue)];

  assert.deepEqual([named, ...sessions].map(({ sessionId }) => sessionId).sort(), ['a', 'b', 'c']);
  for (const session of sessions) {
    assert.equal((await receiveOne(session)).body, session.sessionId);
  }
});

test('who waits for the next session gets it when its first message arrives', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];

  const [session] = await Promise.all([
    client.acceptNextSession(queue),
    client.createSender(queue).sendMessages({ body: 'late', sessionId: 'new' }),
  ]);

  assert.equal(session.sessionId, 'new');
  assert.equal((await receiveOne(session)).body, 'late');
});

test('when no session comes in time, the wait ends with a time-out', async (t) => {
  const [client, queue] = [await openImpatientClient(t), await openQueue(t, withSessions)];

  await assert.rejects(client.acceptNextSession(queue), { code: 'ServiceTimeout' });
});

test('a session that somebody has is SessionCannotBeLocked', async (t) => {
  const [client, other, queue] = [await openClient(t), await openClient(t), await openQueue(t, withSessions)];
  await client.acceptSession(queue, 'a');

  await assert.rejects(other.acceptSession(queue, 'a'), { code: 'SessionCannotBeLocked' });
});

test('a session that its receiver closes is free at once, and what was not settled comes back uncounted', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).sendMessages([1, 2, 3].map((body) => ({ body, sessionId: 'a' })));
  const first = await client.acceptSession(queue, 'a');
  const [one] = await receive(first, 3);
  assert.ok(one !== undefined);
  await first.completeMessage(one);
  await first.close();

  const second = await client.acceptSession(queue, 'a');
  const messages = await receive(second, 2);

  assert.deepEqual(bodies(messages), [2, 3]);
  assert.deepEqual(
    messages.map(({ deliveryCount }) => deliveryCount),
    [0, 0],
  );
});

test('a session that loses its connection is free for another receiver', async (t) => {
  const [holder, client, queue] = [await openClient(t), await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).sendMessages({ body: 1, sessionId: 'a' });
  const first = await holder.acceptSession(queue, 'a');
  await receiveOne(first);
  await holder.close();

  const second = await client.acceptNextSession(queue);

  assert.equal(second.sessionId, 'a');
  assert.equal((await receiveOne(second)).body, 1);
});

test('messages of a session are completed, abandoned, deferred and dead-lettered', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client
    .createSender(queue)
    .sendMessages(['complete', 'abandon', 'defer', 'dead'].map((body) => ({ body, sessionId: 'a' })));
  const session = await client.acceptSession(queue, 'a');
  const [complete, abandon, defer, dead] = await receive(session, 4);
  assert.ok(complete !== undefined && abandon !== undefined && defer !== undefined && dead !== undefined);

  await session.completeMessage(complete);
  await session.abandonMessage(abandon, { note: 'abandoned' });
  await session.deferMessage(defer, { note: 'deferred' });
  await session.deadLetterMessage(dead, { deadLetterReason: 'R', deadLetterErrorDescription: 'd' });

  const again = await receiveOne(session);
  assert.equal(again.body, 'abandon');
  assert.equal(again.deliveryCount, 1);
  assert.deepEqual(again.applicationProperties, { note: 'abandoned' });
  const [deferred] = await session.receiveDeferredMessages(defer.sequenceNumber ?? []);
  assert.deepEqual(deferred?.applicationProperties, { note: 'deferred' });
  assert.ok(deferred !== undefined);
  await session.completeMessage(deferred);
  const deadLetters = client.createReceiver(queue, { subQueueType: 'deadLetter' });
  const letter = await receiveOne(deadLetters);
  assert.equal(letter.deadLetterReason, 'R');
  assert.equal(letter.sessionId, 'a');
});

test('deferred messages of another session are not found', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).sendMessages({ body: 1, sessionId: 'a' });
  const [a, b] = [await client.acceptSession(queue, 'a'), await client.acceptSession(queue, 'b')];
  const message = await receiveOne(a);
  await a.deferMessage(message);

  await assert.rejects(b.receiveDeferredMessages(message.sequenceNumber ?? []), { code: 'MessageNotFound' });
});

test('a session keeps state: text, JSON and nothing, for whoever has it next', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  const first = await client.acceptSession(queue, 'a');

  assert.equal(await first.getSessionState(), null);
  await first.setSessionState({ step: 3, done: ['one', 'two'] });
  assert.deepEqual(await first.getSessionState(), { step: 3, done: ['one', 'two'] });
  await first.close();
  const second = await client.acceptSession(queue, 'a');
  const kept: unknown = await second.getSessionState();
  const other: unknown = await (await client.acceptSession(queue, 'b')).getSessionState();
  await second.setSessionState(null);

  assert.deepEqual(kept, { step: 3, done: ['one', 'two'] });
  assert.equal(other, null);
  assert.equal(await second.getSessionState(), null);
});

test('the lock of a session is renewed', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  const session = await client.acceptSession(queue, 'a', { maxAutoLockRenewalDurationInMs: 0 });
  const before = session.sessionLockedUntilUtc.getTime();

  const renewed = (await session.renewSessionLock()).getTime();

  assert.ok(renewed >= before);
  assert.equal(session.sessionLockedUntilUtc.getTime(), renewed);
});

test('a session shows its own messages to a peek', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client
    .createSender(queue)
    .sendMessages(['a1', 'b1', 'a2'].map((body) => ({ body, sessionId: body.slice(0, 1) })));
  const session = await client.acceptSession(queue, 'a');

  const all = await client.createReceiver(queue).peekMessages(10, { fromSequenceNumber: Long.ONE });

  assert.deepEqual(bodies(await session.peekMessages(10, { fromSequenceNumber: Long.ONE })), ['a1', 'a2']);
  assert.deepEqual(bodies(all), ['a1', 'b1', 'a2']);
});

test('a queue of sessions takes no message without a session, alone, in a batch or scheduled', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  const sender = client.createSender(queue);
  const notAllowed = { message: /SessionId was not set/ };

  await assert.rejects(sender.sendMessages({ body: 1 }), notAllowed);
  await assert.rejects(sender.sendMessages([{ body: 1, sessionId: 'a' }, { body: 2 }]), notAllowed);
  await assert.rejects(sender.scheduleMessages({ body: 1 }, new Date(4e12)), notAllowed);

  assert.deepEqual(await client.createReceiver(queue).peekMessages(10), []);
});

test('a queue of sessions refuses receivers without one, and other queues refuse those with one', async (t) => {
  const [client, queue, plain] = [await openClient(t), await openQueue(t, withSessions), await openQueue(t)];

  await assert.rejects(client.createReceiver(queue).receiveMessages(1), /requires sessions/);
  await assert.rejects(client.acceptNextSession(plain), /does not require sessions/);
});

test('a scheduled message of a session is received in it when it is due', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).scheduleMessages({ body: 'due', sessionId: 'a' }, new Date(Date.now() + 300));

  const session = await client.acceptNextSession(queue);

  assert.equal(session.sessionId, 'a');
  assert.equal((await receiveOne(session)).body, 'due');
});

test('receive-and-delete works in a session', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  await client.createSender(queue).sendMessages([1, 2].map((body) => ({ body, sessionId: 'a' })));

  const session = await client.acceptSession(queue, 'a', { receiveMode: 'receiveAndDelete' });

  assert.deepEqual(bodies(await receive(session, 2)), [1, 2]);
  assert.deepEqual(await session.peekMessages(1), []);
});

test('a subscriber to a session sees its messages in order, those that arrive later too', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  const sender = client.createSender(queue);
  await sender.sendMessages([0, 1, 2].map((body) => ({ body, sessionId: 'a' })));
  const session = await client.acceptSession(queue, 'a');
  const seen: unknown[] = [];

  await new Promise<void>((resolve, reject) => {
    session.subscribe({
      processMessage: async (message) => {
        seen.push(message.body);
        if (seen.length === 3) {
          await sender.sendMessages([3, 4, 5].map((body) => ({ body, sessionId: 'a' })));
        }
        if (seen.length === 6) {
          resolve();
        }
      },
      processError: async ({ error }) => reject(error),
    });
  });

  await session.close();

  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
});

test('several receivers work through many sessions: each message once, each session in order', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, withSessions)];
  const ids = Array.from({ length: 6 }, (_, index) => `s${index}`);
  for (const sessionId of ids) {
    await client.createSender(queue).sendMessages(Array.from({ length: 10 }, (_, body) => ({ body, sessionId })));
  }
  const done: [session: string | undefined, body: unknown][] = [];

  const work = async (): Promise<void> => {
    const own = await openClient(t);
    while (done.length < ids.length * 10) {
      const session = await own.acceptNextSession(queue).catch(() => undefined);
      // Three of four are settled: sessions change hands in the middle, and the fourth comes back.
      const messages = (await session?.receiveMessages(4, { maxWaitTimeInMs: 1000 })) ?? [];
      for (const message of messages.slice(0, 3)) {
        await session?.completeMessage(message);
        done.push([message.sessionId, message.body]);
        if (done.length === ids.length * 10) {
          await client
            .createSender(queue)
            .sendMessages(['x', 'y', 'z'].map((sessionId) => ({ body: 'end', sessionId })));
        }
      }
      await session?.close();
    }
  };
  await Promise.all([work(), work(), work()]);

  for (const id of ids) {
    assert.deepEqual(
      done.filter(([session, body]) => session === id && body !== 'end').map(([, body]) => body),
      Array.from({ length: 10 }, (_, body) => body),
    );
  }
});
