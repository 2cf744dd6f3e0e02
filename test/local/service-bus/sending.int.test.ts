import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, receive, receiveOne, sequenceOf, serviceBusFixture } from './service-bus-fixture.ts';

test('lockedUntilUtc is the lock duration of the queue away from the delivery', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 300_000 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });

  const before = Date.now();
  const message = await receiveOne(client.createReceiver('jobs'));

  const lockedUntil = message.lockedUntilUtc?.getTime() ?? 0;
  assert.ok(lockedUntil >= before + 300_000 && lockedUntil <= Date.now() + 300_000);
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
