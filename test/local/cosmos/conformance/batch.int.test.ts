import { BulkOperationType, type OperationInput } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

const byTenant = { partitionKey: { paths: ['/tenant'] } };

/** The SDK wraps what a batch is refused with. */
function causedBy(code: number): (error: unknown) => boolean {
  return (error) => error instanceof Error && codeOf(error.cause) === code;
}

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

test('a batch of more than 100 operations is refused with 400', async (t) => {
  const items = await openContainer(t, byTenant);
  const body = Array.from({ length: 101 }, (_, n) => ({
    operationType: 'Create',
    resourceBody: { id: `i${n}`, tenant: 'x' },
  }));

  const { status } = await signedRequest({
    method: 'POST',
    path: `${items.url}/docs`,
    headers: {
      'content-type': 'application/json',
      'x-ms-documentdb-partitionkey': '["x"]',
      'x-ms-cosmos-is-batch-request': 'true',
      'x-ms-cosmos-batch-atomic': 'true',
    },
    body,
  });

  assert.equal(status, 400);
});

test('a batch of more than 2 MB is refused with 413', async (t) => {
  const items = await openContainer(t, byTenant);
  const operations = ['a', 'b', 'c'].map((id): OperationInput => ({
    operationType: 'Create',
    resourceBody: { id, tenant: 'x', text: 'x'.repeat(750_000) },
  }));

  await assert.rejects(items.items.batch(operations, 'x'), causedBy(413));
});

test('the operations of a batch see each other', async (t) => {
  const items = await openContainer(t, byTenant);

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x', n: 1 } },
      { operationType: 'Patch', id: 'a', resourceBody: [{ op: 'incr', path: '/n', value: 1 }] },
      { operationType: 'Read', id: 'a' },
    ],
    'x',
  );

  assert.equal(response.result?.[2]?.resourceBody?.['n'], 2);
});

test('a batch of which a read finds nothing fails with 404', async (t) => {
  const items = await openContainer(t, byTenant);

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x' } },
      { operationType: 'Read', id: 'none' },
    ],
    'x',
  );

  assert.deepEqual([response.code, ...(response.result?.map((result) => result.statusCode) ?? [])], [207, 424, 404]);
});

test('an operation of a batch says what it cost, and the etag that it made', async (t) => {
  const items = await openContainer(t, byTenant);

  const response = await items.items.batch([{ operationType: 'Create', resourceBody: { id: 'a', tenant: 'x' } }], 'x');

  const [result] = response.result ?? [];
  assert.ok(Number(result?.requestCharge) > 0);
  assert.equal(result?.eTag, (await read(items, 'a', 'x')).etag);
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

test('bulk operations are of every kind, more than fit one request, and answered in their order', async (t) => {
  const items = await openContainer(t, byTenant);
  const creates = Array.from({ length: 250 }, (_, n): OperationInput => ({
    operationType: BulkOperationType.Create,
    partitionKey: `t${n % 7}`,
    resourceBody: { id: `i${n}`, tenant: `t${n % 7}`, n },
  }));

  const created = await items.items.executeBulkOperations(creates);
  const mixed = await items.items.executeBulkOperations([
    { operationType: BulkOperationType.Read, id: 'i0', partitionKey: 't0' },
    { operationType: BulkOperationType.Upsert, partitionKey: 't1', resourceBody: { id: 'i1', tenant: 't1', n: 100 } },
    {
      operationType: BulkOperationType.Replace,
      id: 'i2',
      partitionKey: 't2',
      resourceBody: { id: 'i2', tenant: 't2', n: 200 },
    },
    {
      operationType: BulkOperationType.Patch,
      id: 'i3',
      partitionKey: 't3',
      resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] },
    },
    { operationType: BulkOperationType.Delete, id: 'i4', partitionKey: 't4' },
    { operationType: BulkOperationType.Delete, id: 'none', partitionKey: 't4' },
  ]);

  assert.deepEqual(new Set(created.map((result) => result.response?.statusCode)), new Set([201]));
  assert.deepEqual(
    mixed.map((result) => result.response?.statusCode ?? result.error?.code),
    [200, 200, 200, 200, 204, 404],
  );
  assert.equal(mixed[3]?.response?.resourceBody?.['n'], 4);
});

test('bulk reads of more than 4 MB come back whole', async (t) => {
  const items = await openContainer(t, byTenant);
  const ids = Array.from({ length: 6 }, (_, n) => `i${n}`);
  for (const id of ids) {
    await items.items.create({ id, tenant: 'x', text: 'x'.repeat(1_000_000) });
  }

  const results = await items.items.executeBulkOperations(
    ids.map((id) => ({ operationType: BulkOperationType.Read, id, partitionKey: 'x' })),
  );

  assert.deepEqual(
    results.map(({ response }) => [response?.statusCode, response?.resourceBody?.['id']]),
    ids.map((id) => [200, id]),
  );
});

test('an operation of a bulk that breaks a condition fails with 412', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });

  const [result] = await items.items.executeBulkOperations([
    {
      operationType: BulkOperationType.Replace,
      id: 'a',
      partitionKey: 'x',
      resourceBody: { id: 'a', tenant: 'x', n: 1 },
      ifMatch: '"00000000-0000-0000-0000-000000000000"',
    },
  ]);

  assert.equal(result?.error?.code, 412);
});

test('the older bulk stops at the first error when asked to', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'taken', tenant: 'x' });
  const create = (id: string) =>
    ({ operationType: BulkOperationType.Create, partitionKey: 'x', resourceBody: { id, tenant: 'x' } }) as const;

  const results = await items.items.bulk([create('a'), create('taken'), create('b')], { continueOnError: false });

  assert.deepEqual(
    results.map(({ statusCode }) => statusCode),
    [201, 409, 424],
  );
});
