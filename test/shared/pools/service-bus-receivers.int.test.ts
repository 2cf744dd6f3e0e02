import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { QueueReceivers } from '../../../shared/pools/service-bus-receivers.ts';

async function openQueue(context: TestContext, longestReceiveMs?: number) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-receivers-'));
  const bus = await startServiceBus({
    port: 0,
    databasePath: join(folder, 'bus.sqlite'),
    queues: [{ name: 'jobs', lockDurationMs: 30_000 }],
    key: 'a2V5',
  });
  const client = new ServiceBusClient(bus.connectionString);
  const receivers = new QueueReceivers(client, 'jobs', () => new Set(), longestReceiveMs);
  context.after(async () => {
    await receivers.close();
    await client.close();
    await bus.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { client, receivers };
}

test('two who receive at once each have a receiver of their own', async (context) => {
  const { client, receivers } = await openQueue(context);
  await client.createSender('jobs').sendMessages([{ body: 1 }, { body: 2 }]);

  const both = await Promise.all(
    [1, 2].map(async () =>
      receivers.receive(async (receiver) => receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 })),
    ),
  );

  assert.deepEqual(new Set(both.map(({ messages }) => String(messages[0]?.body))), new Set(['1', '2']));
  assert.notEqual(both[0]?.from, both[1]?.from);
});

test('a receive that never returns is told as a fault, and what it gives out later goes back to the queue', async (context) => {
  const { client, receivers } = await openQueue(context, 50);
  await client.createSender('jobs').sendMessages({ body: 'late' });
  const late = Promise.withResolvers<ServiceBusReceivedMessage[]>();
  const taken = Promise.withResolvers<void>();

  const stuck = receivers.receive(async (receiver) => {
    const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    taken.resolve();
    await late.promise;
    return messages;
  });
  await assert.rejects(stuck, { code: 'queue.unavailable', isRetryable: true });
  await taken.promise;
  late.resolve([]);

  const again = await client.createReceiver('jobs').receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  assert.equal(String(again[0]?.body), 'late');
  assert.equal(again[0]?.deliveryCount, 1);
});
