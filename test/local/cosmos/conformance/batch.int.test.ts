import { BulkOperationType, type OperationInput } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';

const byTenant = { partitionKey: { paths: ['/tenant'] } };

test('a batch does all of its operations in their order', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'old', tenant: 'x' });

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x', n: 1 } },
      {
        operationType: 'Patch',
        id: 'a',
        resourceBody: { operations: [{ op: 'incr', path: '/n', value: 2 }], condition: 'from c where c.n = 1' },
      },
      { operationType: 'Upsert', resourceBody: { id: 'b', tenant: 'x' } },
      { operationType: 'Replace', id: 'b', resourceBody: { id: 'b', tenant: 'x', n: 5 } },
      { operationType: 'Read', id: 'b' },
      { operationType: 'Delete', id: 'old' },
    ],
    'x',
  );

  assert.equal(response.code, 200);
  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [201, 200, 201, 200, 200, 204],
  );
  assert.equal(response.result?.[1]?.resourceBody?.['n'], 3);
  assert.equal((await read(items, 'a', 'x')).item?.['n'], 3);
  assert.equal((await items.item('old', 'x').read()).statusCode, 404);
});

test('a batch that fails takes everything back: its own status for one, 424 for the others', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'taken', tenant: 'x', n: 1 });

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x' } },
      { operationType: 'Patch', id: 'taken', resourceBody: [{ op: 'incr', path: '/n', value: 1 }] },
      { operationType: 'Create', resourceBody: { id: 'taken', tenant: 'x' } },
      { operationType: 'Delete', id: 'taken' },
    ],
    'x',
  );

  assert.equal(response.code, 207);
  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [424, 424, 409, 424],
  );
  assert.equal((await items.item('a', 'x').read()).statusCode, 404);
  assert.equal((await read(items, 'taken', 'x')).item?.['n'], 1);
});

test('a predicate that does not hold fails the batch', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', n: 1 });

  const response = await items.items.batch(
    [
      { operationType: 'Patch', id: 'a', resourceBody: [{ op: 'set', path: '/x', value: 1 }] },
      {
        operationType: 'Patch',
        id: 'a',
        resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }], condition: 'from c where c.n = 2' },
      },
    ],
    'a',
  );

  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [424, 412],
  );
  assert.equal((await read(items, 'a', 'a')).item?.['x'], undefined);
});

test('an operation of a batch may carry an etag', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create({ id: 'a', n: 1 });
  const replace = { operationType: 'Replace', id: 'a', resourceBody: { id: 'a', n: 2 }, ifMatch: etag } as const;

  const first = await items.items.batch([replace], 'a');
  const second = await items.items.batch([replace], 'a');

  assert.deepEqual([first.code, second.code, second.result?.[0]?.statusCode], [200, 207, 412]);
});

test('an item of another partition fails the batch', async (t) => {
  const items = await openContainer(t, byTenant);

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x' } },
      { operationType: 'Create', resourceBody: { id: 'b', tenant: 'y' } },
    ],
    'x',
  );

  assert.deepEqual([response.code, response.substatus], [207, 1001]);
  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [424, 400],
  );
});

test('a batch of 100 operations goes in whole', async (t) => {
  const items = await openContainer(t, byTenant);
  const operations = Array.from({ length: 100 }, (_, n): OperationInput => ({
    operationType: 'Create',
    resourceBody: { id: `i${n}`, tenant: 'x' },
  }));

  const response = await items.items.batch(operations, 'x');

  assert.equal(response.code, 200);
  const { resources } = await items.items.query('SELECT VALUE COUNT(1) FROM c', { partitionKey: 'x' }).fetchAll();
  assert.deepEqual(resources, [100]);
});

test('bulk operations stand alone, each in its own partition', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'taken', tenant: 'x' });

  const results = await items.items.executeBulkOperations([
    { operationType: BulkOperationType.Create, partitionKey: 'x', resourceBody: { id: 'a', tenant: 'x' } },
    { operationType: BulkOperationType.Create, partitionKey: 'x', resourceBody: { id: 'taken', tenant: 'x' } },
    { operationType: BulkOperationType.Create, partitionKey: 'y', resourceBody: { id: 'b', tenant: 'y' } },
  ]);

  assert.deepEqual(
    results.map((result) => result.response?.statusCode ?? result.error?.code),
    [201, 409, 201],
  );
});
