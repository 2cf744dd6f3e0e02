import { ChangeFeedMode } from '@azure/cosmos';
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

test('what is not carried is refused by name', async (t) => {
  const { client, items } = await openCosmos(t);
  const { containers } = client.database('app');
  const partitionKey = { paths: ['/id'] };

  await assert.rejects(
    containers.create({ id: 'e', partitionKey, computedProperties: [{ name: 'a', query: 'SELECT VALUE 1 FROM c' }] }),
    /computed properties/u,
  );
  await assert.rejects(items.scripts.triggers.readAll().fetchAll(), /triggers/u);
  await assert.rejects(items.scripts.userDefinedFunctions.readAll().fetchAll(), /user defined functions/u);
  await assert.rejects(items.conflicts.readAll().fetchAll(), /conflict feed/u);
  await assert.rejects(items.deleteAllItemsForPartitionKey('a'), /partition key/u);
  await assert.rejects(client.database('app').users.create({ id: 'u' }), /users and permissions/u);
  await assert.rejects(items.items.create({ id: 'a' }, { preTriggerInclude: 'check' }), /triggers \(check\)/u);
  await assert.rejects(items.items.create({ id: 'a' }, { indexingDirective: 'Exclude' }), /out of the index/u);
  await assert.rejects(
    items.scripts.storedProcedures.create({ id: 's', body: 'function () {}' }),
    /stored procedures/u,
  );
  const changeFeedMode = ChangeFeedMode.AllVersionsAndDeletes;
  const versions = items.items.getChangeFeedIterator({ changeFeedMode });
  await assert.rejects(versions.readNext(), /all versions and deletes/u);
});
