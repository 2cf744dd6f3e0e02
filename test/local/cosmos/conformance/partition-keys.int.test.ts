import { PartitionKeyDefinitionVersion, PartitionKeyKind, type Container, type ItemDefinition } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openContainer } from './endpoint.ts';

async function openHierarchy(t: TestContext): Promise<Container> {
  return openContainer(t, {
    partitionKey: {
      paths: ['/tenant', '/user/name', '/session'],
      kind: PartitionKeyKind.MultiHash,
      version: PartitionKeyDefinitionVersion.V2,
    },
  });
}

test('a hierarchical key has three levels, and an item is found under all of them', async (t) => {
  const items = await openHierarchy(t);

  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 });

  assert.equal((await items.item('a', ['x', 'u', 1]).read()).statusCode, 200);
  assert.equal((await items.item('a', ['x', 'u', 2]).read()).statusCode, 404);
});

test('the same id may stand under each key of a hierarchy', async (t) => {
  const items = await openHierarchy(t);

  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 });
  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 2 });

  await assert.rejects(items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 2 }), { code: 409 });
});

test('an item with a hierarchical key is replaced, patched and deleted under it', async (t) => {
  const items = await openHierarchy(t);
  const own = { id: 'a', tenant: 'x', user: { name: 'u' }, session: true };
  await items.items.create({ ...own, n: 1 });
  const item = items.item('a', ['x', 'u', true]);

  await item.replace({ ...own, n: 2 });
  const patched = await item.patch<ItemDefinition>([{ op: 'incr', path: '/n', value: 3 }]);
  const removed = await item.delete();

  assert.deepEqual([patched.resource?.['n'], removed.statusCode], [5, 204]);
});

test('no level of a hierarchical key can be patched', async (t) => {
  const items = await openHierarchy(t);
  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 });

  for (const path of ['/tenant', '/user/name', '/session']) {
    await assert.rejects(items.item('a', ['x', 'u', 1]).patch([{ op: 'set', path, value: 'other' }]), { code: 400 });
  }
});

test('an item of another key than the header says is refused with 400, substatus 1001', async (t) => {
  const items = await openHierarchy(t);
  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 });

  const item = items.item('a', ['x', 'u', 1]);
  await assert.rejects(item.replace({ id: 'a', tenant: 'x', user: { name: 'other' }, session: 1 }), {
    code: 400,
    substatus: 1001,
  });
});

test('a batch keeps to one hierarchical key', async (t) => {
  const items = await openHierarchy(t);

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 } },
      { operationType: 'Create', resourceBody: { id: 'b', tenant: 'x', user: { name: 'u' }, session: 1 } },
    ],
    ['x', 'u', 1],
  );

  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [201, 201],
  );
});

test('an item without the property of its partition key is found under no value', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/tenant'] } });

  await items.items.create({ id: 'none' });
  await items.items.create({ id: 'null', tenant: null });

  assert.equal((await items.item('none').read()).statusCode, 200);
  assert.equal((await items.item('null', null).read()).statusCode, 200);
  assert.equal((await items.item('none', null).read()).statusCode, 404);
});

test('strings, numbers and booleans that read alike are different keys', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/tenant'] } });

  for (const tenant of ['1', 1, 'true', true]) {
    await items.items.create({ id: 'a', tenant });
  }

  assert.equal((await items.item('a', 1).read<ItemDefinition>()).resource?.['tenant'], 1);
  assert.equal((await items.item('a', 'true').read<ItemDefinition>()).resource?.['tenant'], 'true');
});

test('an object is no partition key', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/tenant'] } });

  await assert.rejects(items.items.create({ id: 'a', tenant: { name: 'x' } }));
});

test('a partition key has at most 2,048 bytes', async (t) => {
  const items = await openContainer(t, {
    partitionKey: { paths: ['/tenant'], version: PartitionKeyDefinitionVersion.V2 },
  });

  await items.items.create({ id: 'a', tenant: 'x'.repeat(2048) });

  await assert.rejects(items.items.create({ id: 'a', tenant: 'x'.repeat(2049) }), { code: 400 });
});

test('a query of a prefix of a hierarchical key finds what lies below', async (t) => {
  const items = await openHierarchy(t);
  await items.items.create({ id: 'a', tenant: 'x', user: { name: 'u' }, session: 1 });
  await items.items.create({ id: 'b', tenant: 'x', user: { name: 'v' }, session: 1 });
  await items.items.create({ id: 'c', tenant: 'xy', user: { name: 'u' }, session: 1 });

  const idsBelow = async (partitionKey: string[]) =>
    (await items.items.query<string>('SELECT VALUE c.id FROM c', { partitionKey }).fetchAll()).resources;

  assert.deepEqual((await idsBelow(['x'])).toSorted(), ['a', 'b']);
  assert.deepEqual(await idsBelow(['x', 'v']), ['b']);
});
