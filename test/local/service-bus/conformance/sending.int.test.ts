import assert from 'node:assert/strict';
import { test } from 'node:test';
import Long from 'long';
import { bodies, receive, receiveOne, sequenceOf } from '../service-bus-fixture.ts';
import { openClient, openQueue, queueName, skipOnForeignNamespace } from './endpoint.ts';

const standardBytes = 262_144;

test('a batch takes messages up to the size of the link, arrives whole and in order, and sends no more than that', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  const batch = await sender.createMessageBatch({ maxSizeInBytes: standardBytes });
  const filler = 'x'.repeat(1000);
  let count = 0;
  while (batch.tryAddMessage({ body: { count, filler }, messageId: String(count) })) {
    count += 1;
  }

  await sender.sendMessages(batch);
  const messages = await receive(client.createReceiver(queue), count);

  assert.ok(batch.sizeInBytes <= standardBytes && batch.sizeInBytes > standardBytes - 2000);
  assert.deepEqual(
    bodies(messages),
    Array.from({ length: count }, (_, index) => ({ count: index, filler })),
  );
  const sequences = messages.map(sequenceOf);
  assert.deepEqual(
    sequences,
    [...sequences].sort((left, right) => left - right),
  );
});

test('a batch that holds one message of nearly the largest size is taken', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  const batch = await sender.createMessageBatch({ maxSizeInBytes: standardBytes });
  const body = Buffer.alloc(standardBytes - 1000, 7);

  assert.ok(batch.tryAddMessage({ body }));
  assert.ok(!batch.tryAddMessage({ body: Buffer.alloc(2000) }));
  await sender.sendMessages(batch);

  assert.deepEqual((await receiveOne(client.createReceiver(queue))).body, body);
});

test('a message larger than a frame crosses in many transfers unchanged', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const body = Buffer.alloc(250_000, 'abcdefg');

  await client.createSender(queue).sendMessages({ body });

  assert.deepEqual((await receiveOne(client.createReceiver(queue))).body, body);
});

test(
  'a message above 256 KB is MessageSizeExceeded, and the sender goes on',
  { skip: skipOnForeignNamespace('the limit is that of the tier') },
  async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t)];
    const sender = client.createSender(queue);

    await assert.rejects(sender.sendMessages({ body: Buffer.alloc(262_145) }), { code: 'MessageSizeExceeded' });
    await assert.rejects(sender.sendMessages({ body: Buffer.alloc(6_000_000) }), { code: 'MessageSizeExceeded' });
    await sender.sendMessages({ body: 'small' });

    assert.deepEqual(bodies(await client.createReceiver(queue).peekMessages(10)), ['small']);
  },
);

test(
  'a queue that takes larger messages carries one of 5 MB, and refuses one beyond its limit',
  { skip: skipOnForeignNamespace('large messages belong to the Premium tier') },
  async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { maxMessageSizeInKilobytes: 6144 })];
    const sender = client.createSender(queue);
    const body = Buffer.alloc(5 * 1024 * 1024, 'abcdefghijk');

    await sender.sendMessages({ body });
    await assert.rejects(sender.sendMessages({ body: Buffer.alloc(6144 * 1024) }), { code: 'MessageSizeExceeded' });

    assert.deepEqual((await receiveOne(client.createReceiver(queue))).body, body);
  },
);

test(
  'a large message is scheduled, peeked and received after it was deferred as a small one is',
  { skip: skipOnForeignNamespace('large messages belong to the Premium tier') },
  async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { maxMessageSizeInKilobytes: 6144 })];
    const body = Buffer.alloc(5 * 1024 * 1024, 'abcdefghijk');
    await client.createSender(queue).scheduleMessages({ body }, new Date(0));
    const receiver = client.createReceiver(queue);
    const message = await receiveOne(receiver);

    await receiver.deferMessage(message);
    const [peeked] = await receiver.peekMessages(1);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);

    assert.deepEqual([message.body, peeked?.body, deferred?.body], [body, body, body]);
  },
);

test('what one sender sends is received in that order', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);

  for (let body = 0; body < 30; body += 3) {
    await sender.sendMessages([{ body }, { body: body + 1 }]);
    await sender.sendMessages({ body: body + 2 });
  }

  assert.deepEqual(
    bodies(await receive(client.createReceiver(queue), 30)),
    Array.from({ length: 30 }, (_, body) => body),
  );
});

test('a queue that is not there is MessagingEntityNotFound, to send, receive, peek and schedule', async (t) => {
  const client = await openClient(t);
  const absent = queueName();
  const notFound = { code: 'MessagingEntityNotFound' };

  await assert.rejects(client.createSender(absent).sendMessages({ body: 1 }), notFound);
  await assert.rejects(client.createReceiver(absent).receiveMessages(1), notFound);
  await assert.rejects(client.createReceiver(absent).peekMessages(1), notFound);
  await assert.rejects(client.createSender(absent).scheduleMessages({ body: 1 }, new Date(4e12)), notFound);
});

test('a dead-letter queue cannot be sent to', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await assert.rejects(client.createSender(`${queue}/$deadletterqueue`).sendMessages({ body: 1 }));
});

test('queue names are compared without case', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue.toUpperCase()).sendMessages({ body: 1 });

  assert.deepEqual(bodies(await client.createReceiver(queue).peekMessages(10)), [1]);
});

test('with duplicate detection a message id is taken once, in a batch, alone, and after it was completed', async (t) => {
  const options = { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'PT10M' };
  const [client, queue] = [await openClient(t), await openQueue(t, options)];
  const sender = client.createSender(queue);

  await sender.sendMessages([
    { body: 'first', messageId: 'a' },
    { body: 'again', messageId: 'a' },
    { body: 'other', messageId: 'b' },
  ]);
  await sender.sendMessages({ body: 'again', messageId: 'a' });
  const receiver = client.createReceiver(queue);
  const messages = await receive(receiver, 2);
  await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  await sender.sendMessages({ body: 'again, after it was completed', messageId: 'a' });

  assert.deepEqual(bodies(messages), ['first', 'other']);
  assert.deepEqual(await receiver.peekMessages(10, { fromSequenceNumber: Long.ONE }), []);
});

test('without duplicate detection the same message id is taken again', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue).sendMessages([
    { body: 1, messageId: 'a' },
    { body: 2, messageId: 'a' },
  ]);

  assert.deepEqual(bodies(await client.createReceiver(queue).peekMessages(10)), [1, 2]);
});
