import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { receive, receiveOne, sequenceOf } from '../service-bus-fixture.ts';
import { openClient, openQueue } from './endpoint.ts';

test('a message arrives with its body, ids and properties, on its first delivery', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sentAt = new Date(1_700_000_000_000);

  await client.createSender(queue).sendMessages({
    body: { prompt: 'héllo ✓', n: [1, 2.5, null] },
    messageId: 'm-1',
    correlationId: 'c-1',
    subject: 'greeting',
    contentType: 'application/json',
    replyTo: 'answers',
    replyToSessionId: 'answers-session',
    to: 'someone',
    sessionId: 'kept-as-a-property',
    partitionKey: 'kept-as-a-property',
    timeToLive: 60_000,
    applicationProperties: { text: 'a', whole: 7, half: 0.5, yes: true, no: false, nothing: null, at: sentAt },
  });
  const message = await receiveOne(client.createReceiver(queue, { skipConvertingDate: true }));

  assert.deepEqual(message.body, { prompt: 'héllo ✓', n: [1, 2.5, null] });
  assert.equal(message.messageId, 'm-1');
  assert.equal(message.correlationId, 'c-1');
  assert.equal(message.subject, 'greeting');
  assert.equal(message.contentType, 'application/json');
  assert.equal(message.replyTo, 'answers');
  assert.equal(message.replyToSessionId, 'answers-session');
  assert.equal(message.to, 'someone');
  assert.equal(message.sessionId, 'kept-as-a-property');
  assert.equal(message.partitionKey, 'kept-as-a-property');
  assert.equal(message.timeToLive, 60_000);
  assert.deepEqual(message.applicationProperties, {
    text: 'a',
    whole: 7,
    half: 0.5,
    yes: true,
    no: false,
    nothing: null,
    at: sentAt,
  });
  assert.equal(message.deliveryCount, 0);
  assert.equal(message.state, 'active');
  assert.ok((message.enqueuedTimeUtc?.getTime() ?? 0) > 0);
});

test('a data body is bytes, of any length from none on', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

  await client.createSender(queue).sendMessages([{ body: every }, { body: Buffer.alloc(0) }]);
  const [full, empty] = await receive(client.createReceiver(queue), 2);

  assert.equal(full?._rawAmqpMessage.bodyType, 'data');
  assert.deepEqual(full?.body, every);
  assert.deepEqual(empty?.body, Buffer.alloc(0));
});

test('a value body keeps its type: text, numbers, booleans, null, maps and lists', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const values: readonly unknown[] = [
    'text ✓',
    '',
    42,
    -2.5,
    true,
    false,
    null,
    { nested: { list: [1, 'a'] } },
    [1, 2],
  ];

  await client
    .createSender(queue)
    .sendMessages(values.map((body) => ({ body, bodyType: 'value' as const, messageId: JSON.stringify(body) })));
  const messages = await receive(client.createReceiver(queue), values.length);

  assert.deepEqual(messages.map(bodyOf), values);
  assert.ok(messages.every((message) => message._rawAmqpMessage.bodyType === 'value'));
});

test('a sequence body keeps its items', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue).sendMessages({ body: [1, 'two', { three: 3 }], bodyType: 'sequence' });
  const message = await receiveOne(client.createReceiver(queue));

  assert.equal(message._rawAmqpMessage.bodyType, 'sequence');
  assert.deepEqual(message.body, [1, 'two', { three: 3 }]);
});

test('the sections of an annotated AMQP message survive: header, footer, annotations and properties', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue).sendMessages({
    body: 'annotated',
    bodyType: 'value',
    header: { priority: 7, durable: true },
    footer: { checksum: 'abc' },
    messageAnnotations: { 'x-own': 'kept' },
    applicationProperties: { a: 1 },
    properties: { subject: 's', contentEncoding: 'gzip', groupSequence: 3, messageId: 'annotated-1' },
  });
  const { _rawAmqpMessage: raw } = await receiveOne(client.createReceiver(queue));

  assert.equal(raw.header?.priority, 7);
  assert.equal(raw.header?.durable, true);
  assert.deepEqual(raw.footer, { checksum: 'abc' });
  assert.equal(raw.messageAnnotations?.['x-own'], 'kept');
  assert.equal(raw.properties?.contentEncoding, 'gzip');
  assert.equal(raw.properties?.groupSequence, 3);
  assert.equal(raw.properties?.messageId, 'annotated-1');
});

test('message ids are text, numbers or uuids, and come back as they were', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const ids = ['text', 17, Buffer.from('sixteen bytes id')];

  await client.createSender(queue).sendMessages(ids.map((messageId) => ({ body: 1, messageId })));
  const messages = await receive(client.createReceiver(queue), ids.length);

  assert.deepEqual(
    messages.map(({ messageId }) => messageId),
    ids,
  );
});

test('a message without an id is given one of its own', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue).sendMessages([{ body: 1 }, { body: 2 }]);
  const [first, second] = await receive(client.createReceiver(queue), 2);

  assert.ok(String(first?.messageId).length > 0);
  assert.notEqual(first?.messageId, second?.messageId);
});

test('a received message can be sent again, and is a new one', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const [sender, receiver] = [client.createSender(queue), client.createReceiver(queue)];
  await sender.sendMessages({ body: 'round', messageId: 'r', applicationProperties: { n: 1 } });
  const first = await receiveOne(receiver);
  await receiver.abandonMessage(first);
  const again = await receiveOne(receiver);

  await sender.sendMessages(again);
  await receiver.completeMessage(again);
  const copy = await receiveOne(receiver);

  assert.equal(copy.body, 'round');
  assert.deepEqual(copy.applicationProperties, { n: 1 });
  assert.equal(copy.deliveryCount, 0);
  assert.ok(sequenceOf(copy) > sequenceOf(first));
});

function bodyOf(message: ServiceBusReceivedMessage): unknown {
  return message.body;
}
