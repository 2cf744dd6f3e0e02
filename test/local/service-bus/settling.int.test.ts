import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveOne, sequenceOf, serviceBusFixture } from './service-bus-fixture.ts';

const nothing = { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 };

test('a completed message is gone', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs');

  await receiver.completeMessage(await receiveOne(receiver));

  assert.deepEqual(bus.counts('jobs'), nothing);
});

test('an abandoned message comes back first, with one more delivery and its changed properties', async (t) => {
  const { client } = await serviceBusFixture(t);
  await client
    .createSender('jobs')
    .sendMessages([{ body: 'a', applicationProperties: { kept: 'k', changed: 'before' } }, { body: 'b' }]);
  const receiver = client.createReceiver('jobs');

  await receiver.abandonMessage(await receiveOne(receiver), { changed: 'after', added: 3 });
  const again = await receiveOne(receiver);
  await receiver.abandonMessage(again);
  const third = await receiveOne(receiver);

  assert.equal(again.body, 'a');
  assert.equal(again.deliveryCount, 1);
  assert.equal(third.deliveryCount, 2);
  assert.deepEqual(third.applicationProperties, { kept: 'k', changed: 'after', added: 3 });
});

test('a dead-lettered message carries reason, description and properties, and keeps its number', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: 'bad', messageId: 'm', applicationProperties: { own: true } });
  const receiver = client.createReceiver('jobs');
  const message = await receiveOne(receiver);

  await receiver.deadLetterMessage(message, {
    deadLetterReason: 'InvalidJob',
    deadLetterErrorDescription: 'body: expected an object',
    attempt: 4,
  });
  assert.deepEqual(bus.counts('jobs'), { ...nothing, deadLettered: 1 });
  const deadLetters = client.createReceiver('jobs', { subQueueType: 'deadLetter' });
  const dead = await receiveOne(deadLetters);

  assert.equal(dead.body, 'bad');
  assert.equal(dead.messageId, 'm');
  assert.equal(dead.deadLetterReason, 'InvalidJob');
  assert.equal(dead.deadLetterErrorDescription, 'body: expected an object');
  assert.deepEqual(dead.applicationProperties, {
    own: true,
    attempt: 4,
    DeadLetterReason: 'InvalidJob',
    DeadLetterErrorDescription: 'body: expected an object',
  });
  assert.equal(sequenceOf(dead), sequenceOf(message));
  await deadLetters.completeMessage(dead);
  assert.deepEqual(bus.counts('jobs'), nothing);
});

test('a dead-letter queue raises no delivery count and does not dead-letter again', async (t) => {
  const { client, bus } = await serviceBusFixture(t, [{ name: 'jobs', maxDeliveryCount: 1 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs');
  await receiver.deadLetterMessage(await receiveOne(receiver));
  const deadLetters = client.createReceiver('jobs', { subQueueType: 'deadLetter' });

  await deadLetters.abandonMessage(await receiveOne(deadLetters));
  await deadLetters.abandonMessage(await receiveOne(deadLetters));
  const dead = await receiveOne(deadLetters);

  assert.equal(dead.deliveryCount, 0);
  await assert.rejects(deadLetters.deadLetterMessage(dead), /cannot be dead-lettered again/);
  assert.equal(bus.counts('jobs').deadLettered, 1);
});

test('the last allowed delivery that is abandoned dead-letters the message', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', maxDeliveryCount: 2 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs');

  await receiver.abandonMessage(await receiveOne(receiver));
  await receiver.abandonMessage(await receiveOne(receiver), { note: 'last' });
  const dead = await receiveOne(client.createReceiver('jobs', { subQueueType: 'deadLetter' }));

  assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded');
  assert.equal(dead.deadLetterErrorDescription, 'Message could not be consumed after 2 delivery attempts.');
  assert.equal(dead.applicationProperties?.['note'], 'last');
  assert.equal(dead.deliveryCount, 2);
});

test('a lock that runs out delivers the message again, then dead-letters it at the maximum', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 150, maxDeliveryCount: 2 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs', { maxAutoLockRenewalDurationInMs: 0 });

  const first = await receiveOne(receiver);
  const second = await receiveOne(receiver);
  const dead = await receiveOne(client.createReceiver('jobs', { subQueueType: 'deadLetter' }));

  assert.deepEqual([first.deliveryCount, second.deliveryCount], [0, 1]);
  assert.notEqual(first.lockToken, second.lockToken);
  assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded');
});

test('settling after the lock ran out is MessageLockLost', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 100 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs', { maxAutoLockRenewalDurationInMs: 0 });
  const stale = await receiveOne(receiver);
  const fresh = await receiveOne(receiver);

  await assert.rejects(receiver.completeMessage(stale), { code: 'MessageLockLost' });
  await assert.rejects(receiver.renewMessageLock(stale), { code: 'MessageLockLost' });
  assert.equal(fresh.deliveryCount, 1);
});

test('a renewed lock holds until its new end', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 1500 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs', { maxAutoLockRenewalDurationInMs: 0 });
  const first = await receiveOne(receiver);
  const firstEnd = first.lockedUntilUtc?.getTime() ?? 0;

  const renewedEnd = (await receiver.renewMessageLock(first)).getTime();
  const second = await receiveOne(receiver);

  assert.ok(renewedEnd > firstEnd);
  assert.ok((second.lockedUntilUtc?.getTime() ?? 0) - 1500 >= renewedEnd);
});

test('a message can be settled after its receiver was closed', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages([{ body: 'complete' }, { body: 'abandon' }, { body: 'dead-letter' }]);
  const receiver = client.createReceiver('jobs');
  const [complete, abandon, deadLetter] = [
    await receiveOne(receiver),
    await receiveOne(receiver),
    await receiveOne(receiver),
  ];
  await receiver.close();
  const later = client.createReceiver('jobs');

  await later.completeMessage(complete);
  await later.abandonMessage(abandon, { note: 'abandoned' });
  await later.deadLetterMessage(deadLetter, {
    deadLetterReason: 'Late',
    deadLetterErrorDescription: 'closed',
    note: 1,
  });

  assert.deepEqual(bus.counts('jobs'), { ...nothing, active: 1, deadLettered: 1 });
  await assert.rejects(later.completeMessage(complete), { code: 'MessageLockLost' });
  const again = await receiveOne(later);
  assert.equal(again.deliveryCount, 1);
  assert.deepEqual(again.applicationProperties, { note: 'abandoned' });
  const dead = await receiveOne(client.createReceiver('jobs', { subQueueType: 'deadLetter' }));
  assert.deepEqual(dead.applicationProperties, {
    note: 1,
    DeadLetterReason: 'Late',
    DeadLetterErrorDescription: 'closed',
  });
});
