import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Long from 'long';
import type { ServiceBusReceiver } from '@azure/service-bus';
import { bodies, receive, receiveOne } from '../service-bus-fixture.ts';
import { openClient, openQueue, skipOnForeignNamespace } from './endpoint.ts';

/** Peeks from the start until there is nothing. */
async function untilEmpty(receiver: ServiceBusReceiver): Promise<void> {
  while ((await receiver.peekMessages(1, { fromSequenceNumber: Long.ONE })).length > 0) {
    // Each look takes a turn of the service.
  }
}

describe('messages that expire', { concurrency: true }, () => {
  test('a message whose time to live is over is not delivered', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t)];
    const sender = client.createSender(queue);

    await sender.sendMessages({ body: 'short-lived', timeToLive: 1 });
    await sender.sendMessages({ body: 'lives on', timeToLive: 60_000 });
    const messages = await receive(client.createReceiver(queue), 1);

    assert.deepEqual(bodies(messages), ['lives on']);
    assert.equal(messages[0]?.timeToLive, 60_000);
  });

  test('an expired message is dead-lettered when the queue asks for it, with its reason', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { deadLetteringOnMessageExpiration: true })];
    await client
      .createSender(queue)
      .sendMessages({ body: 'late', messageId: 'l', timeToLive: 1000, applicationProperties: { own: 1 } });
    const receiver = client.createReceiver(queue);
    const [sent] = await receiver.peekMessages(1);
    while (Date.now() <= (sent?.expiresAtUtc?.getTime() ?? 0)) {
      await receiver.peekMessages(1);
    }

    const received = await receiver.receiveMessages(1, { maxWaitTimeInMs: 100 });
    const dead = await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));

    assert.deepEqual(received, []);
    assert.equal(dead.body, 'late');
    assert.equal(dead.messageId, 'l');
    assert.equal(dead.deadLetterReason, 'TTLExpiredException');
    assert.equal(dead.applicationProperties?.['own'], 1);
  });

  test(
    'an expired message is dropped where the queue does not ask for it, though nobody receives',
    { skip: skipOnForeignNamespace('the service removes expired messages in its own time') },
    async (t) => {
      const [client, queue] = [await openClient(t), await openQueue(t)];
      await client.createSender(queue).sendMessages({ body: 'late', timeToLive: 200 });

      await untilEmpty(client.createReceiver(queue));

      assert.deepEqual(await client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(1), []);
    },
  );

  test("a queue's time to live is that of messages that name none, and the longest", async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { defaultMessageTimeToLive: 'PT2M' })];
    await client
      .createSender(queue)
      .sendMessages([{ body: 'none' }, { body: 'long', timeToLive: 3_600_000 }, { body: 'short', timeToLive: 60_000 }]);

    const messages = await client.createReceiver(queue).peekMessages(3);

    assert.deepEqual(
      messages.map(({ _rawAmqpMessage: raw }) => raw.header?.timeToLive),
      [120_000, 120_000, 60_000],
    );
  });

  test('a message that expires while it is locked can still be completed', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { deadLetteringOnMessageExpiration: true })];
    await client.createSender(queue).sendMessages([
      { body: 'locked', timeToLive: 1500 },
      { body: 'marks the time', timeToLive: 1500 },
    ]);
    const receiver = client.createReceiver(queue);
    const locked = await receiveOne(receiver);

    // The other one expires at the same moment and shows that it has passed.
    await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));
    await receiver.completeMessage(locked);

    assert.deepEqual(await receiver.peekMessages(1), []);
  });

  test('a deferred message that has expired is not found, and dead-lettered when it is asked for', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { deadLetteringOnMessageExpiration: true })];
    await client.createSender(queue).sendMessages([
      { body: 'aside', timeToLive: 1500 },
      { body: 'marks the time', timeToLive: 1500 },
    ]);
    const receiver = client.createReceiver(queue);
    const deferred = await receiveOne(receiver);
    await receiver.deferMessage(deferred);
    const deadLetters = client.createReceiver(queue, { subQueueType: 'deadLetter' });
    await receiveOne(deadLetters);

    await assert.rejects(receiver.receiveDeferredMessages(deferred.sequenceNumber ?? []), { code: 'MessageNotFound' });

    assert.equal((await receiveOne(deadLetters)).body, 'aside');
  });
});
