import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';
import { openClient, receiveOne } from '../service-bus/service-bus-fixture.ts';
import { stackForTest } from './stack-for-test.ts';

const { admin, container, request, setting } = await stackForTest();
const part = z.object({ part: z.string(), isDown: z.boolean(), restarts: z.number() });

test('cosmos comes back on its port with its items, and its faults go on', async () => {
  const id = randomUUID();
  await container('jobs').items.create({ id });
  await admin('POST', 'cosmos/faults', { operations: ['create'], status: 503, count: 1 });
  const back = part.parse(await admin('POST', 'parts/cosmos/restart', { downMs: 10 }));
  assert.deepEqual([back.isDown, back.restarts], [false, 1]);
  assert.equal((await container('jobs').item(id, id).read()).statusCode, 200);
  await assert.rejects(async () => container('jobs').items.create({ id: randomUUID() }));
  await container('jobs').items.create({ id: randomUUID() });
});

test('while cosmos is down nobody reaches it, and the others go on', async () => {
  await admin('PATCH', 'parts/cosmos', { isDown: true });
  await assert.rejects(async () => container('jobs').items.create({ id: randomUUID() }));
  const client = openClient(setting('ServiceBus'));
  await client.createSender('jobs').sendMessages({ body: 'meanwhile' });
  const receiver = client.createReceiver('jobs');
  await receiver.completeMessage(await receiveOne(receiver));
  await client.close();
  await admin('PATCH', 'parts/cosmos', { isDown: false });
  await container('jobs').items.create({ id: randomUUID() });
});

test('service-bus comes back with its messages and its locks', async () => {
  const before = openClient(setting('ServiceBus'), 2000);
  await before.createSender('jobs').sendMessages([{ body: 'locked' }, { body: 'ready' }]);
  const locked = await receiveOne(before.createReceiver('jobs'));
  await admin('POST', 'parts/service-bus/restart', { downMs: 10 });
  await before.close();
  const client = openClient(setting('ServiceBus'));
  const receiver = client.createReceiver('jobs');
  const ready = await receiveOne(receiver);
  assert.deepEqual([locked.body, ready.body], ['locked', 'ready']);
  await receiver.completeMessage(ready);
  await admin('POST', 'service-bus/queues/jobs/lapse-locks');
  await receiver.completeMessage(await receiveOne(receiver));
  await client.close();
});

test('service-bus that is down answers its actions with 409', async () => {
  await admin('PATCH', 'parts/service-bus', { isDown: true });
  assert.equal((await request('POST', 'service-bus/drop-connections')).status, 409);
  await admin('PATCH', 'parts/service-bus', { isDown: false });
  assert.deepEqual(await admin('POST', 'service-bus/drop-connections'), { dropped: 0 });
});

test('blob storage comes back with its blobs', async () => {
  const service = BlobServiceClient.fromConnectionString(setting('AzureWebJobsStorage'), {
    retryOptions: { maxTries: 1 },
    keepAliveOptions: { enable: false },
  });
  const blobs = service.getContainerClient('kept');
  await blobs.create();
  await blobs.getBlockBlobClient('a').upload('text', 4);
  await admin('POST', 'parts/blob/restart', { downMs: 10 });
  assert.equal((await blobs.getBlockBlobClient('a').downloadToBuffer()).toString(), 'text');
  await blobs.getBlockBlobClient('b').upload('more', 4);
});

test('a region restarts alone, and restarts asked for at once are done one after the other', async () => {
  await Promise.all([1, 2, 3].map(async () => admin('POST', 'parts/eastus/restart', { downMs: 5 })));
  const { parts } = z.object({ parts: z.array(part) }).parse(await admin('GET', 'parts'));
  assert.deepEqual(
    parts.filter((one) => one.part === 'eastus' || one.part === 'swedencentral'),
    [
      { part: 'eastus', isDown: false, restarts: 3 },
      { part: 'swedencentral', isDown: false, restarts: 0 },
    ],
  );
});
