import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fileDatabase, openClient, openContainer } from './endpoint.ts';

test('databases and containers are created, listed, queried and deleted over the wire', async (t) => {
  const client = await openClient(t);
  const id = `conformance-${randomUUID()}`;

  const { database, statusCode } = await client.databases.createIfNotExists({ id });
  const again = await client.databases.createIfNotExists({ id });
  const { container } = await database.containers.createIfNotExists({
    id: 'things',
    partitionKey: { paths: ['/kind/name'] },
  });
  await container.items.create({ id: '1', kind: { name: 'a' } });

  assert.deepEqual([statusCode, again.statusCode], [201, 200]);
  assert.equal((await container.item('1', 'a').read()).statusCode, 200);
  const databases = await client.databases.readAll().fetchAll();
  assert.ok(databases.resources.some((listed) => listed.id === id));
  const found = await database.containers.query({ query: "SELECT c.id FROM c WHERE c.id = 'things'" }).fetchAll();
  assert.deepEqual(found.resources, [{ id: 'things' }]);

  await container.delete();
  await assert.rejects(container.read(), { code: 404 });
  await database.delete();
  await assert.rejects(database.read(), { code: 404 });
});

test('an id that is taken is a conflict', async (t) => {
  const client = await openClient(t);
  const items = await openContainer(t);
  const { containers, id } = items.database;

  await assert.rejects(client.databases.create({ id }), { code: 409 });
  await assert.rejects(containers.create({ id: items.id, partitionKey: { paths: ['/id'] } }), { code: 409 });
});

test('a deleted container leaves nothing to one of the same name', async () => {
  const { containers } = await fileDatabase();
  const definition = { id: `items-${randomUUID()}`, partitionKey: { paths: ['/id'] } };
  const { container } = await containers.create(definition);
  await container.items.create({ id: 'a' });

  await container.delete();
  await containers.create(definition);

  assert.equal((await container.item('a', 'a').read()).statusCode, 404);
  await container.delete();
});

test('a container that is missing is told apart from an item that is missing by the substatus 1003', async (t) => {
  const items = await openContainer(t);
  const none = items.database.container(`none-${randomUUID()}`);

  await assert.rejects(none.items.create({ id: 'a' }), { code: 404, substatus: 1003 });
  assert.equal((await items.item('a', 'a').read()).substatus ?? 0, 0);
});

test('a container is replaced with another time to live and another indexing policy', async (t) => {
  const items = await openContainer(t);
  const { resource } = await items.read();
  assert.equal(resource?.defaultTtl, undefined);

  await items.replace({
    id: items.id,
    partitionKey: { paths: ['/id'] },
    defaultTtl: 3600,
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: '/state/?' }],
      excludedPaths: [{ path: '/*' }],
    },
  });

  const after = await items.read();
  assert.equal(after.resource?.defaultTtl, 3600);
  assert.ok(after.resource.indexingPolicy?.includedPaths?.some(({ path }) => path === '/state/?'));
});

test('the partition key of a container cannot be replaced', async (t) => {
  const items = await openContainer(t);

  await assert.rejects(items.replace({ id: items.id, partitionKey: { paths: ['/other'] } }), { code: 400 });
});

test('the partition key definition of a container is read from it', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/kind/name'] } });

  const { resource } = await items.read();

  assert.deepEqual([resource?.partitionKey?.paths, resource?.partitionKey?.kind], [['/kind/name'], 'Hash']);
});
