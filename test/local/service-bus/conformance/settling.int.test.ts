import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, receive, receiveOne, sequenceOf } from '../service-bus-fixture.ts';
import { openClient, openQueue } from './endpoint.ts';

test('a completed message is gone', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);

  await receiver.completeMessage(await receiveOne(receiver));

  assert.deepEqual(await receiver.peekMessages(10), []);
});

test('an abandoned message comes back first, with one more delivery and its changed properties', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client
    .createSender(queue)
    .sendMessages([{ body: 'a', applicationProperties: { kept: 'k', changed: 'before' } }, { body: 'b' }]);
  const receiver = client.createReceiver(queue);

  await receiver.abandonMessage(await receiveOne(receiver), { changed: 'after', added: 3, flag: true });
  const again = await receiveOne(receiver);
  await receiver.abandonMessage(again);
  const third = await receiveOne(receiver);

  assert.equal(again.body, 'a');
  assert.equal(again.deliveryCount, 1);
  assert.equal(third.deliveryCount, 2);
  assert.deepEqual(third.applicationProperties, { kept: 'k', changed: 'after', added: 3, flag: true });
});

test('a dead-lettered message carries reason, description and properties, and keeps its number', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 'bad', messageId: 'm', applicationProperties: { own: true } });
  const receiver = client.createReceiver(queue);
  const message = await receiveOne(receiver);

  await receiver.deadLetterMessage(message, {
    deadLetterReason: 'InvalidJob',
    deadLetterErrorDescription: 'body: expected an object',
    attempt: 4,
  });
  const deadLetters = client.createReceiver(queue, { subQueueType: 'deadLetter' });
  const dead = await receiveOne(deadLetters);

  assert.equal(dead.body, 'bad');
  assert.equal(dead.messageId, 'm');
  assert.equal(dead.deadLetterReason, 'InvalidJob');
  assert.equal(dead.deadLetterErrorDescription, 'body: expected an object');
  assert.equal(dead.applicationProperties?.['own'], true);
  assert.equal(dead.applicationProperties?.['attempt'], 4);
  assert.equal(sequenceOf(dead), sequenceOf(message));
  await deadLetters.completeMessage(dead);
  assert.deepEqual(await deadLetters.peekMessages(10), []);
});

test('a message can be dead-lettered without a reason', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 'bad' });
  const receiver = client.createReceiver(queue);

  await receiver.deadLetterMessage(await receiveOne(receiver));
  const dead = await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));

  assert.equal(dead.body, 'bad');
  assert.equal(dead.deadLetterReason, undefined);
});

test('the last allowed delivery that is abandoned dead-letters the message', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, { maxDeliveryCount: 2 })];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);

  await receiver.abandonMessage(await receiveOne(receiver));
  await receiver.abandonMessage(await receiveOne(receiver), { note: 'last' });
  const dead = await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));

  assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded');
  assert.equal(dead.applicationProperties?.['note'], 'last');
});

test('a dead-letter queue raises no delivery count', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t, { maxDeliveryCount: 1 })];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);
  await receiver.deadLetterMessage(await receiveOne(receiver));
  const deadLetters = client.createReceiver(queue, { subQueueType: 'deadLetter' });
  const first = await receiveOne(deadLetters);

  await deadLetters.abandonMessage(first);
  await deadLetters.abandonMessage(await receiveOne(deadLetters));

  assert.equal((await receiveOne(deadLetters)).deliveryCount, first.deliveryCount);
});

test('a message is settled through $management when the link that brought it is closed', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client
    .createSender(queue)
    .sendMessages(['complete', 'abandon', 'defer', 'dead-letter'].map((body) => ({ body })));
  const receiver = client.createReceiver(queue);
  const [complete, abandon, defer, deadLetter] = await receive(receiver, 4);
  await receiver.close();
  const later = client.createReceiver(queue);
  assert.ok(complete !== undefined && abandon !== undefined && defer !== undefined && deadLetter !== undefined);

  await later.completeMessage(complete);
  await later.abandonMessage(abandon, { note: 'abandoned' });
  await later.deferMessage(defer, { note: 'deferred' });
  await later.deadLetterMessage(deadLetter, {
    deadLetterReason: 'Late',
    deadLetterErrorDescription: 'closed',
    note: 'dead',
  });

  await assert.rejects(later.completeMessage(complete), { code: 'MessageLockLost' });
  const again = await receiveOne(later);
  assert.equal(again.body, 'abandon');
  assert.deepEqual(again.applicationProperties, { note: 'abandoned' });
  const [aside] = await later.receiveDeferredMessages(defer.sequenceNumber ?? []);
  assert.deepEqual(aside?.applicationProperties, { note: 'deferred' });
  const dead = await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));
  assert.equal(dead.deadLetterReason, 'Late');
  assert.equal(dead.applicationProperties?.['note'], 'dead');
});

test('a message that was settled cannot be settled through $management again', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 1 });
  const receiver = client.createReceiver(queue);
  const message = await receiveOne(receiver);
  await receiver.close();
  const later = client.createReceiver(queue);

  await later.completeMessage(message);

  await assert.rejects(later.abandonMessage(message), { code: 'MessageLockLost' });
});

test('receive-and-delete removes messages as they are sent out', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 0 }, { body: 1 }, { body: 2 }]);
  const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });

  const [first, ...others] = await receive(receiver, 3);

  assert.deepEqual([first?.body, ...bodies(others)], [0, 1, 2]);
  assert.deepEqual(await client.createReceiver(queue).peekMessages(10), []);
  assert.ok(first !== undefined);
  await assert.rejects(receiver.completeMessage(first), /receiveAndDelete|Invalid operation/i);
});

test('receive-and-delete works on a dead-letter queue', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 'dead' });
  const receiver = client.createReceiver(queue);
  await receiver.deadLetterMessage(await receiveOne(receiver));
  const options = { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' } as const;

  assert.equal((await receiveOne(client.createReceiver(queue, options))).body, 'dead');

  assert.deepEqual(await client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(1), []);
});
