import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

test('sessions are refused by name; of a named session the SDK hides why, and the log says it', async (t) => {
  const { client, log } = await serviceBusFixture(t);

  await assert.rejects(client.acceptNextSession('jobs'), /does not carry message sessions/);
  const before = log.length;
  await assert.rejects(client.acceptSession('jobs', 'one'), { code: 'SessionCannotBeLocked' });

  assert.match(log.slice(before).join(), /does not carry message sessions/);
});

test('topics and subscriptions are refused by name', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(
    client.createReceiver('topic', 'subscription').receiveMessages(1),
    /does not carry topics and subscriptions/,
  );
});

test('deferring is refused by name and leaves the message locked', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: 1 });
  const receiver = client.createReceiver('jobs');
  const message = await receiveOne(receiver);

  await assert.rejects(receiver.deferMessage(message), /does not carry deferring messages/);

  assert.equal(bus.counts('jobs').locked, 1);
});

test('a management operation that is not carried is refused by name', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const sequences = await sender.scheduleMessages([{ body: 1 }], new Date(Date.now() + 3_600_000));

  await assert.rejects(
    client.createReceiver('jobs').receiveDeferredMessages(sequences),
    /does not carry the management operation 'com.microsoft:receive-by-sequence-number'/,
  );
});
