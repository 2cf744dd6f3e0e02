import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { bodies, receive, receiveOne, sequenceOf, serviceBusFixture } from './service-bus-fixture.ts';

function numbered(count: number): { body: number }[] {
  return Array.from({ length: count }, (_, body) => ({ body }));
}

test('a pull that finds nothing ends empty, and the receiver goes on', async (t) => {
  const { client } = await serviceBusFixture(t);
  const receiver = client.createReceiver('jobs');

  assert.deepEqual(await receiver.receiveMessages(10, { maxWaitTimeInMs: 20 }), []);
  assert.deepEqual(await receiver.receiveMessages(10, { maxWaitTimeInMs: 20 }), []);
  await client.createSender('jobs').sendMessages({ body: 'later' });

  assert.deepEqual(bodies(await receiver.receiveMessages(1)), ['later']);
});

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

test('pulls that end while messages arrive lose none and leave none locked', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const receiver = client.createReceiver('jobs');
  const total = 300;
  const seen: unknown[] = [];

  const sending = (async () => {
    for (let body = 0; body < total; body += 1) {
      await sender.sendMessages({ body });
    }
  })();
  while (seen.length < total) {
    const messages = await receiver.receiveMessages(7, { maxWaitTimeInMs: 3 });
    seen.push(...bodies(messages));
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  }
  await sending;

  assert.deepEqual(
    seen,
    numbered(total).map(({ body }) => body),
  );
  assert.deepEqual(bus.counts('jobs'), { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 });
});

test('one receiver settles more messages than the 2,048 that a session buffers', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const total = 5000;
  const sender = client.createSender('jobs');
  for (let sent = 0; sent < total; sent += 1000) {
    await sender.sendMessages(numbered(1000));
  }

  const receiver = client.createReceiver('jobs');
  let settled = 0;
  while (settled < total) {
    const messages = await receive(receiver, 500);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    settled += messages.length;
  }

  assert.equal(bus.counts('jobs').active + bus.counts('jobs').locked, 0);
});

test('subscribe delivers everything in order at concurrency 1, and completes by itself', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages(numbered(200));
  const seen: unknown[] = [];
  const receiver = client.createReceiver('jobs');

  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async (message) => {
          seen.push(message.body);
          if (seen.length === 200) {
            resolve();
          }
        },
        processError: async ({ error }) => {
          reject(error);
        },
      },
      { maxConcurrentCalls: 1 },
    );
  });
  await receiver.close();

  assert.deepEqual(
    seen,
    numbered(200).map(({ body }) => body),
  );
  assert.equal(bus.counts('jobs').active, 0);
});

test('a handler that throws abandons the message, which comes again with a delivery count', async (t) => {
  const { client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: 'twice' });
  const counts: unknown[] = [];

  await new Promise<void>((resolve) => {
    client.createReceiver('jobs').subscribe({
      processMessage: async (message) => {
        counts.push(message.deliveryCount);
        if (counts.length === 1) {
          throw new Error('the first attempt fails');
        }
        resolve();
      },
      processError: async () => undefined,
    });
  });

  assert.deepEqual(counts, [0, 1]);
});

test('competing receivers share a queue, and each message goes to one of them', async (t) => {
  const { client, connect, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages(numbered(300));
  const receivers = [connect(), connect(), connect()].map((each) => each.createReceiver('jobs'));

  const shares = await Promise.all(receivers.map((receiver) => receive(receiver, 100)));

  const all = shares.flat().map(sequenceOf);
  assert.equal(new Set(all).size, 300);
  assert.equal(bus.counts('jobs').locked, 300);
});

test('receive-and-delete removes messages as they are sent out', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages(numbered(3));

  const messages = await receive(client.createReceiver('jobs', { receiveMode: 'receiveAndDelete' }), 3);

  assert.deepEqual(bodies(messages), [0, 1, 2]);
  assert.deepEqual(bus.counts('jobs'), { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 });
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
