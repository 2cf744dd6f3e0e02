import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, receive, receiveOne, sequenceOf, serviceBusFixture } from './service-bus-fixture.ts';

test('a message arrives with its body, ids and properties, on its first delivery', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sentAt = new Date(1_700_000_000_000);

  await client.createSender('jobs').sendMessages({
    body: { prompt: 'héllo ✓', n: [1, 2.5, null] },
    messageId: 'm-1',
    correlationId: 'c-1',
    subject: 'greeting',
    contentType: 'application/json',
    replyTo: 'answers',
    to: 'someone',
    sessionId: 'kept-as-a-property',
    partitionKey: 'kept-as-a-property',
    applicationProperties: { text: 'a', whole: 7, half: 0.5, yes: true, at: sentAt },
  });
  const message = await receiveOne(client.createReceiver('jobs', { skipConvertingDate: true }));

  assert.deepEqual(message.body, { prompt: 'héllo ✓', n: [1, 2.5, null] });
  assert.equal(message.messageId, 'm-1');
  assert.equal(message.correlationId, 'c-1');
  assert.equal(message.subject, 'greeting');
  assert.equal(message.contentType, 'application/json');
  assert.equal(message.replyTo, 'answers');
  assert.equal(message.to, 'someone');
  assert.equal(message.sessionId, 'kept-as-a-property');
  assert.equal(message.partitionKey, 'kept-as-a-property');
  assert.deepEqual(message.applicationProperties, { text: 'a', whole: 7, half: 0.5, yes: true, at: sentAt });
  assert.equal(message.deliveryCount, 0);
  assert.equal(message.state, 'active');
  assert.equal(sequenceOf(message), 1);
});

test('lockedUntilUtc is the lock duration of the queue away from the delivery', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 300_000 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });

  const before = Date.now();
  const message = await receiveOne(client.createReceiver('jobs'));

  const lockedUntil = message.lockedUntilUtc?.getTime() ?? 0;
  assert.ok(lockedUntil >= before + 300_000 && lockedUntil <= Date.now() + 300_000);
});

test('a message without an id is given one', async (t) => {
  const { client } = await serviceBusFixture(t);

  await client.createSender('jobs').sendMessages([{ body: 1 }, { body: 2 }]);
  const [first, second] = await receive(client.createReceiver('jobs'), 2);

  assert.ok(String(first?.messageId).length > 0);
  assert.notEqual(first?.messageId, second?.messageId);
});

test('a full batch arrives whole and in order, with rising sequence numbers', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const batch = await sender.createMessageBatch();
  const filler = 'x'.repeat(1000);
  let count = 0;
  while (batch.tryAddMessage({ body: { count, filler } })) {
    count += 1;
  }

  await sender.sendMessages(batch);
  assert.equal(batch.maxSizeInBytes, 262_144);
  assert.equal(bus.counts('jobs').active, count);
  const messages = await receive(client.createReceiver('jobs'), count);

  assert.deepEqual(
    messages.map((message): unknown => message.body),
    Array.from({ length: count }, (_, index) => ({ count: index, filler })),
  );
  assert.deepEqual(
    messages.map(sequenceOf),
    Array.from({ length: count }, (_, index) => index + 1),
  );
});

test('a message larger than a frame crosses in many transfers unchanged', async (t) => {
  const { client } = await serviceBusFixture(t);
  const body = Buffer.alloc(250_000, 'abcdefg');

  await client.createSender('jobs').sendMessages({ body });
  const message = await receiveOne(client.createReceiver('jobs'));

  assert.deepEqual(message.body, body);
});

test('a message above 256 KB is refused as MessageSizeExceeded, and the sender goes on', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');

  await assert.rejects(sender.sendMessages({ body: Buffer.alloc(262_145) }), { code: 'MessageSizeExceeded' });
  await assert.rejects(sender.sendMessages({ body: Buffer.alloc(6_000_000) }), { code: 'MessageSizeExceeded' });
  await sender.sendMessages({ body: 'small' });

  assert.equal(bus.counts('jobs').active, 1);
});

test('queues are apart, and their names are compared without case', async (t) => {
  const { client, bus } = await serviceBusFixture(t, [{ name: 'one' }, { name: 'Two' }]);

  await client.createSender('ONE').sendMessages({ body: 1 });
  await client.createSender('two').sendMessages([{ body: 2 }, { body: 3 }]);

  assert.equal(bus.counts('one').active, 1);
  assert.equal(bus.counts('Two').active, 2);
  assert.throws(() => bus.counts('three'), /There is no queue 'three'/);
});

test('a queue that was not declared is MessagingEntityNotFound, to send to and to receive from', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(client.createSender('absent').sendMessages({ body: 1 }), { code: 'MessagingEntityNotFound' });
  await assert.rejects(client.createReceiver('absent').receiveMessages(1), { code: 'MessagingEntityNotFound' });
});

test('a dead-letter queue cannot be sent to', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(client.createSender('jobs/$deadletterqueue').sendMessages({ body: 1 }), /cannot be sent/);
});

test('a message id seen within the window is taken once, in a batch and alone', async (t) => {
  const { client, bus } = await serviceBusFixture(t, [{ name: 'jobs', duplicateDetectionWindowMs: 600_000 }]);
  const sender = client.createSender('jobs');

  await sender.sendMessages([
    { body: 'first', messageId: 'a' },
    { body: 'again', messageId: 'a' },
    { body: 'other', messageId: 'b' },
  ]);
  await sender.sendMessages({ body: 'again', messageId: 'a' });
  const receiver = client.createReceiver('jobs');
  const messages = await receive(receiver, 2);
  await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  await sender.sendMessages({ body: 'again, after it was completed', messageId: 'a' });

  assert.deepEqual(bodies(messages), ['first', 'other']);
  assert.deepEqual(bus.counts('jobs'), { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 });
});

test('the same message id is taken again when the window is over, and always without a window', async (t) => {
  const { client, bus } = await serviceBusFixture(t, [
    { name: 'short', duplicateDetectionWindowMs: 1 },
    { name: 'without' },
  ]);
  const short = client.createSender('short');
  const without = client.createSender('without');

  await without.sendMessages([
    { body: 1, messageId: 'a' },
    { body: 2, messageId: 'a' },
  ]);
  await short.sendMessages({ body: 1, messageId: 'a' });
  const receiver = client.createReceiver('short');
  await receiver.completeMessage(await receiveOne(receiver));
  await short.sendMessages({ body: 2, messageId: 'a' });

  assert.equal(bus.counts('without').active, 2);
  assert.equal((await receiveOne(receiver)).body, 2);
});

test('a message whose time to live is over is not delivered', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');

  await sender.sendMessages({ body: 'short-lived', timeToLive: 1 });
  await sender.sendMessages({ body: 'opens the link', timeToLive: 60_000 });
  const messages = await receive(client.createReceiver('jobs'), 1);

  assert.deepEqual(bodies(messages), ['opens the link']);
  assert.equal(messages[0]?.timeToLive, 60_000);
});
