import { BulkOperationType } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CosmosFaults } from '../../../local/cosmos/cosmos-faults.ts';
import { startCosmos } from '../../../local/cosmos/start-cosmos.ts';
import { key, openClient } from './open-cosmos.ts';

test('the SDK’s bulk gets over a container that is busy', async (t) => {
  const faults = new CosmosFaults(0);
  const databases = [{ id: 'app', containers: [{ id: 'items', partitionKeyPath: '/id' }] }];
  const cosmos = await startCosmos({ port: 0, databasePath: ':memory:', key, databases, faults });
  t.after(async () => {
    await cosmos.stop();
  });
  const items = openClient(t, cosmos, { connectionPolicy: {} }).database('app').container('items');
  faults.book.add({ operations: ['batch'], status: 429, retryAfterMs: 10, count: 2 });

  const results = await items.items.executeBulkOperations(
    ['a', 'b'].map((id) => ({ operationType: BulkOperationType.Create, partitionKey: id, resourceBody: { id } })),
  );

  assert.deepEqual(
    results.map(({ response, error }) => response?.statusCode ?? error?.code),
    [201, 201],
  );
  assert.equal(faults.book.list()[0]?.taken, 2);
});
