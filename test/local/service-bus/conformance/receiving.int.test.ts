import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { bodies, receive, sequenceOf } from '../service-bus-fixture.ts';
import { connectionString, openClient, openQueue } from './endpoint.ts';

function numbered(count: number): { body: number }[] {
  return Array.from({ length: count }, (_, body) => ({ body }));
}

test('a pull that finds nothing ends empty, and the receiver goes on', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const receiver = client.createReceiver(queue);

  assert.deepEqual(await receiver.receiveMessages(10, { maxWaitTimeInMs: 20 }), []);
  assert.deepEqual(await receiver.receiveMessages(10, { maxWaitTimeInMs: 20 }), []);
  await client.createSender(queue).sendMessages({ body: 'later' });

  assert.deepEqual(bodies(await receiver.receiveMessages(1)), ['later']);
});

test('pulls that end while messages arrive lose none, and deliver none twice', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  const receiver = client.createReceiver(queue);
  const total = 200;
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
  assert.deepEqual(await receiver.peekMessages(1), []);
});

test('credit that a pull did not use is given back: what comes later is for another receiver', async (t) => {
  const [client, other, queue] = [await openClient(t), await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  await sender.sendMessages(numbered(3));

  const pulled = await receive(client.createReceiver(queue), 3);
  await sender.sendMessages([{ body: 'late' }, { body: 'later' }]);

  assert.equal(pulled.length, 3);
  assert.deepEqual(bodies(await receive(other.createReceiver(queue), 2)), ['late', 'later']);
});

test('competing receivers share a queue, and each message goes to one of them', async (t) => {
  const clients = [await openClient(t), await openClient(t), await openClient(t)];
  const queue = await openQueue(t);
  await (await openClient(t)).createSender(queue).sendMessages(numbered(300));
  const receivers = clients.map((client) => client.createReceiver(queue));

  const shares = await Promise.all(receivers.map((receiver) => receive(receiver, 100)));

  assert.equal(new Set(shares.flat().map(sequenceOf)).size, 300);
});

test('one receiver settles more messages than the 2,048 that a session buffers', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  const total = 3000;
  for (let sent = 0; sent < total; sent += 1000) {
    await sender.sendMessages(numbered(1000));
  }

  const receiver = client.createReceiver(queue);
  let settled = 0;
  while (settled < total) {
    const messages = await receive(receiver, 500);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    settled += messages.length;
  }

  assert.deepEqual(await receiver.peekMessages(1), []);
});

test('a subscriber gets everything in order at concurrency 1, and completes by itself', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages(numbered(200));
  const seen: unknown[] = [];
  const receiver = client.createReceiver(queue);

  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async (message) => {
          seen.push(message.body);
          if (seen.length === 200) {
            resolve();
          }
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 1 },
    );
  });
  await receiver.close();

  assert.deepEqual(
    seen,
    numbered(200).map(({ body }) => body),
  );
  assert.deepEqual(await client.createReceiver(queue).peekMessages(1), []);
});

test('a handler that throws abandons the message, which comes again with a delivery count', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages({ body: 'twice' });
  const counts: unknown[] = [];
  const receiver = client.createReceiver(queue);

  await new Promise<void>((resolve) => {
    receiver.subscribe({
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
  await receiver.close();

  assert.deepEqual(counts, [0, 1]);
});

test('a wrong key is UnauthorizedAccess, to send, receive and peek', async (t) => {
  const [text, queue] = [await connectionString(), await openQueue(t)];
  const wrong = text.replace(/SharedAccessKey=[^;]*/u, 'SharedAccessKey=bm90LXRoZS1rZXk=');
  const client = new ServiceBusClient(wrong, { retryOptions: { maxRetries: 0 } });
  t.after(async () => client.close());
  const unauthorized = { code: 'UnauthorizedAccess' };

  await assert.rejects(client.createSender(queue).sendMessages({ body: 1 }), unauthorized);
  await assert.rejects(client.createReceiver(queue).receiveMessages(1), unauthorized);
  await assert.rejects(client.createReceiver(queue).peekMessages(1), unauthorized);
});
