import assert from 'node:assert/strict';
import { test } from 'node:test';
import Long from 'long';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { bodies, receive, receiveOne, sequenceOf } from '../service-bus-fixture.ts';
import { openClient, openQueue } from './endpoint.ts';

function numberOf(message: ServiceBusReceivedMessage | undefined): Long {
  return message?.sequenceNumber ?? Long.ZERO;
}

test('a deferred message is passed over, peeked as deferred, and received by its number alone', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'aside' }, { body: 'next' }]);
  const receiver = client.createReceiver(queue);
  const message = await receiveOne(receiver);

  await receiver.deferMessage(message, { why: 'later' });
  const next = await receiveOne(receiver);
  const [peeked] = await receiver.peekMessages(1, { fromSequenceNumber: numberOf(message) });
  const [deferred] = await receiver.receiveDeferredMessages(numberOf(message));

  assert.equal(next.body, 'next');
  assert.equal(peeked?.body, 'aside');
  assert.equal(peeked?.state, 'deferred');
  assert.equal(deferred?.body, 'aside');
  assert.equal(deferred?.state, 'deferred');
  assert.deepEqual(deferred?.applicationProperties, { why: 'later' });
  assert.equal(sequenceOf(message), numberOf(deferred).toNumber());
  assert.ok((deferred?.deliveryCount ?? 0) > (message.deliveryCount ?? 0));
});

test('several deferred messages are received at once', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }]);
  const receiver = client.createReceiver(queue);
  const messages = await receive(receiver, 3);
  await Promise.all(messages.map((message) => receiver.deferMessage(message)));

  const received = await receiver.receiveDeferredMessages([numberOf(messages[2]), numberOf(messages[0])]);

  assert.deepEqual(new Set(bodies(received)), new Set(['a', 'c']));
});

test('a deferred message is completed, dead-lettered, and after an abandon deferred again', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'complete' }, { body: 'dead' }, { body: 'abandon' }]);
  const receiver = client.createReceiver(queue);
  const messages = await receive(receiver, 3);
  await Promise.all(messages.map((message) => receiver.deferMessage(message)));
  const [complete, dead, abandon] = await receiver.receiveDeferredMessages(messages.map(numberOf));
  assert.ok(complete !== undefined && dead !== undefined && abandon !== undefined);

  await receiver.completeMessage(complete);
  await receiver.deadLetterMessage(dead, { deadLetterReason: 'Deferred', deadLetterErrorDescription: 'and dead' });
  await receiver.abandonMessage(abandon, { tried: true });

  const [again] = await receiver.receiveDeferredMessages(numberOf(abandon));
  assert.equal(again?.body, 'abandon');
  assert.equal(again?.state, 'deferred');
  assert.equal(again?.applicationProperties?.['tried'], true);
  assert.ok((again?.deliveryCount ?? 0) > (abandon.deliveryCount ?? 0));
  const gone = { code: 'MessageNotFound' };
  await assert.rejects(receiver.receiveDeferredMessages(numberOf(complete)), gone);
  const [deadLetter] = await client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(1);
  assert.equal(deadLetter?.deadLetterReason, 'Deferred');
});

test('a deferred message that is received is locked: it cannot be received twice, and its lock can be renewed', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);
  const message = await receiveOne(receiver);
  await receiver.deferMessage(message);
  const [deferred] = await receiver.receiveDeferredMessages(numberOf(message));
  assert.ok(deferred !== undefined);

  await assert.rejects(receiver.receiveDeferredMessages(numberOf(message)), { code: 'MessageNotFound' });
  const until = await receiver.renewMessageLock(deferred);

  assert.ok(until.getTime() >= (deferred.lockedUntilUtc?.getTime() ?? Number.POSITIVE_INFINITY));
});

test('what was not deferred is MessageNotFound by its number, and then nothing is received', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'deferred' }, { body: 'active' }]);
  const receiver = client.createReceiver(queue);
  const deferred = await receiveOne(receiver);
  await receiver.deferMessage(deferred);
  const [active] = await receiver.peekMessages(1, { fromSequenceNumber: numberOf(deferred).add(1) });

  await assert.rejects(receiver.receiveDeferredMessages([numberOf(deferred), numberOf(active)]), {
    code: 'MessageNotFound',
  });

  assert.equal((await receiver.receiveDeferredMessages(numberOf(deferred))).length, 1);
});

test('receive-and-delete takes a deferred message away', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);
  const message = await receiveOne(receiver);
  await receiver.deferMessage(message);

  const deleting = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  const [deferred] = await deleting.receiveDeferredMessages(numberOf(message));

  assert.equal(deferred?.body, 1);
  assert.deepEqual(await receiver.peekMessages(10), []);
});
