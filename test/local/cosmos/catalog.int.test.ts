import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCosmos } from './open-cosmos.ts';

test('declared containers are there, with what they were declared with', async (t) => {
  const { container } = await openCosmos(t, [
    { id: 'jobs', partitionKeyPath: '/id', defaultTtlSeconds: -1, indexedPaths: ['/state', '/created'] },
  ]);

  const { resource } = await container('jobs').read();

  assert.deepEqual(resource?.partitionKey?.paths, ['/id']);
  assert.equal(resource?.defaultTtl, -1);
  assert.deepEqual(resource?.indexingPolicy?.includedPaths, [{ path: '/state/?' }, { path: '/created/?' }]);
});

test('databases and containers are created, listed, queried and deleted over the wire', async (t) => {
  const { client } = await openCosmos(t);

  const { database, statusCode } = await client.databases.createIfNotExists({ id: 'extra' });
  const again = await client.databases.createIfNotExists({ id: 'extra' });
  const { container } = await database.containers.createIfNotExists({
    id: 'things',
    partitionKey: { paths: ['/kind/name'] },
  });
  await container.items.create({ id: '1', kind: { name: 'a' } });

  assert.deepEqual([statusCode, again.statusCode], [201, 200]);
  assert.equal((await container.item('1', 'a').read()).statusCode, 200);
  const databases = await client.databases.readAll().fetchAll();
  assert.deepEqual(
    databases.resources.map(({ id }) => id),
    ['app', 'extra'],
  );
  const found = await database.containers.query({ query: "SELECT c.id FROM c WHERE c.id = 'things'" }).fetchAll();
  assert.deepEqual(found.resources, [{ id: 'things' }]);

  await container.delete();
  await assert.rejects(container.read(), { code: 404 });
  await database.delete();
  await assert.rejects(database.read(), { code: 404 });
});

test('an id that is taken is a conflict', async (t) => {
  const { client } = await openCosmos(t);

  await assert.rejects(client.databases.create({ id: 'app' }), { code: 409 });
  await assert.rejects(client.database('app').containers.create({ id: 'items', partitionKey: { paths: ['/id'] } }), {
    code: 409,
  });
});

test('a deleted container leaves nothing to one of the same name', async (t) => {
  const { client, items } = await openCosmos(t);
  await items.items.create({ id: 'a' });

  await items.delete();
  await client.database('app').containers.create({ id: 'items', partitionKey: { paths: ['/id'] } });

  assert.equal((await items.item('a', 'a').read()).statusCode, 404);
});

test('what is not carried is refused by name', async (t) => {
  const { client, items } = await openCosmos(t);
  const { containers } = client.database('app');

  await assert.rejects(
    containers.create({ id: 'h', partitionKey: { paths: ['/a', '/b'] } }),
    /hierarchical partition keys/u,
  );
  await assert.rejects(
    containers.create({
      id: 'u',
      partitionKey: { paths: ['/id'] },
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a'] }] },
    }),
    /unique keys/u,
  );
  await assert.rejects(
    items.scripts.storedProcedures.create({ id: 's', body: 'function () {}' }),
    /stored procedures/u,
  );
  await assert.rejects(items.items.getChangeFeedIterator().readNext(), /change feed/u);
});
