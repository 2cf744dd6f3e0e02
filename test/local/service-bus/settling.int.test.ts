import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

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
