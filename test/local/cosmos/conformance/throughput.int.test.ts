import { BulkOperationType, type Container, type ItemDefinition } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { codeOf } from '../open-cosmos.ts';
import { containerOf, openClient, openContainer, skipOnForeignAccount } from './endpoint.ts';

const provisioned = {
  skip: skipOnForeignAccount('a serverless account has no throughput, and a provisioned one is paid for by the hour'),
};

async function openProvisioned(t: TestContext, throughput: number): Promise<Container> {
  return openContainer(t, { throughput });
}

test('a container made with a throughput has an offer that says so', provisioned, async (t) => {
  const items = await openProvisioned(t, 500);

  const { resource, statusCode } = await items.readOffer();

  assert.deepEqual([statusCode, resource?.content?.offerThroughput], [200, 500]);
});

test('an offer is replaced with another throughput', provisioned, async (t) => {
  const items = await openProvisioned(t, 400);
  const { offer, resource } = await items.readOffer();
  assert.ok(offer !== undefined && resource?.content !== undefined);

  await offer.replace({ ...resource, content: { ...resource.content, offerThroughput: 600 } });

  assert.equal((await items.readOffer()).resource?.content?.offerThroughput, 600);
  assert.equal((await offer.read()).resource?.content?.offerThroughput, 600);
});

test('the offers of an account are listed', provisioned, async (t) => {
  const items = await openProvisioned(t, 400);
  const client = await openClient(t);
  const { resource } = await items.readOffer();

  const { resources } = await client.offers.readAll().fetchAll();

  assert.ok(resources.some(({ id }) => id === resource?.id));
});

test('a throughput that is no multiple of 100 is refused with 400', provisioned, async (t) => {
  await assert.rejects(openProvisioned(t, 450), { code: 400 });
});

test('a container made with autoscale has an offer with its maximum', provisioned, async (t) => {
  const items = await openContainer(t, { maxThroughput: 4000 });

  const { resource } = await items.readOffer();

  assert.equal(resource?.content?.offerAutopilotSettings?.maxThroughput, 4000);
});

test(
  'a database made with a throughput has an offer of its own, and its containers have none',
  provisioned,
  async (t) => {
    const client = await openClient(t);
    const { database } = await client.databases.create({ id: `conformance-${randomUUID()}`, throughput: 400 });
    t.after(async () => {
      await database.delete();
    });
    const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/id'] } });

    assert.equal((await database.readOffer()).resource?.content?.offerThroughput, 400);
    assert.equal((await container.readOffer()).resource, undefined);
  },
);

test('a container that has spent its throughput answers 429 with a time to wait', provisioned, async (t) => {
  const provisionedItems = await openProvisioned(t, 400);
  const client = await openClient(t, {
    connectionPolicy: {
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  });
  const items = containerOf(client, provisionedItems);
  await items.items.create({ id: 'large', text: 'x'.repeat(1_500_000) });

  const refusal = await items
    .item('large', 'large')
    .read<ItemDefinition>()
    .then(
      () => undefined,
      (error: unknown) => error,
    );

  assert.equal(codeOf(refusal), 429);
  assert.ok(typeof refusal === 'object' && refusal !== null && 'retryAfterInMs' in refusal && 'substatus' in refusal);
  assert.ok(Number(refusal.retryAfterInMs) > 0);
  assert.equal(refusal.substatus, 3200);
});

test('the SDK waits and tries again when a container has spent its throughput', provisioned, async (t) => {
  const items = await openProvisioned(t, 400);
  await items.items.create({ id: 'large', text: 'x'.repeat(1_000_000) });

  const { statusCode, headers } = await items.items.create({ id: 'next' });

  assert.equal(statusCode, 201);
  assert.ok(Number(headers['x-ms-throttle-retry-count']) > 0);
});

test('the operations of a bulk that are turned away are tried again by the SDK', provisioned, async (t) => {
  const items = await openProvisioned(t, 400);
  const operations = Array.from({ length: 100 }, (_, n) => ({
    operationType: BulkOperationType.Create,
    partitionKey: `i${n}`,
    resourceBody: { id: `i${n}` },
  }));

  const results = await items.items.executeBulkOperations(operations);

  assert.deepEqual(new Set(results.map(({ response }) => response?.statusCode)), new Set([201]));
});
