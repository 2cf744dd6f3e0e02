import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { bodies, receive, receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

function numbered(count: number): { body: number }[] {
  return Array.from({ length: count }, (_, body) => ({ body }));
}

test('credit that a pull did not use is given back: what comes later is not locked for it', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const first = client.createReceiver('jobs');
  await sender.sendMessages(numbered(3));

  const pulled = await first.receiveMessages(10, { maxWaitTimeInMs: 5000 });
  await sender.sendMessages(numbered(2));

  assert.equal(pulled.length, 3);
  assert.deepEqual(bus.counts('jobs'), { active: 2, locked: 3, scheduled: 0, deferred: 0, deadLettered: 0 });
});

test('large messages for one receiver all arrive, though they exceed what is written at once', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  for (let sent = 0; sent < 40; sent += 1) {
    await sender.sendMessages({ body: Buffer.alloc(240_000, sent) });
  }

  const messages = await receive(client.createReceiver('jobs'), 40);

  assert.deepEqual(
    messages.map(({ body }) => (Buffer.isBuffer(body) ? [body.length, body[0]] : [])),
    Array.from({ length: 40 }, (_, index) => [240_000, index]),
  );
});

test('after connections were dropped a subscription comes back by itself', async (t) => {
  const { client, connect, bus } = await serviceBusFixture(t);
  const seen: ServiceBusReceivedMessage[] = [];
  const arrivals = new EventTarget();
  const arrived = (count: number) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (seen.length >= count) {
          resolve();
        }
      };
      arrivals.addEventListener('message', look);
      look();
    });
  const lost = new Promise<void>((resolve) => {
    const receiver = client.createReceiver('jobs');
    receiver.subscribe(
      {
        processMessage: async (message) => {
          await receiver.completeMessage(message);
          seen.push(message);
          arrivals.dispatchEvent(new Event('message'));
        },
        processError: async () => {
          resolve();
        },
      },
      { autoCompleteMessages: false },
    );
  });
  await connect().createSender('jobs').sendMessages({ body: 'before' });
  await arrived(1);

  bus.dropConnections();
  await connect().createSender('jobs').sendMessages({ body: 'after' });
  await Promise.race([arrived(2), lost.then(() => arrived(2))]);

  assert.deepEqual(bodies(seen), ['before', 'after']);
});

test('messages locked by a connection that was dropped stay locked', async (t) => {
  const { client, connect, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages(numbered(2));
  const held = await receiveOne(client.createReceiver('jobs'));

  bus.dropConnections();
  const other = await receiveOne(connect().createReceiver('jobs'));

  assert.equal(held.body, 0);
  assert.equal(other.body, 1);
  assert.equal(bus.counts('jobs').locked, 2);
});
