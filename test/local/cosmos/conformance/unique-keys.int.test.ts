import type { Container } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';

async function openUnique(t: TestContext, ...keys: readonly string[][]): Promise<Container> {
  return openContainer(t, {
    partitionKey: { paths: ['/tenant'] },
    uniqueKeyPolicy: { uniqueKeys: keys.map((paths) => ({ paths })) },
  });
}

test('a unique key is taken once in a partition, and once in each', async (t) => {
  const items = await openUnique(t, ['/email']);
  await items.items.create({ id: 'a', tenant: 'x', email: 'one' });

  await assert.rejects(items.items.create({ id: 'b', tenant: 'x', email: 'one' }), { code: 409 });
  await items.items.create({ id: 'b', tenant: 'y', email: 'one' });
});

test('a unique key of several paths is their combination', async (t) => {
  const items = await openUnique(t, ['/name/first', '/name/last']);
  await items.items.create({ id: 'a', tenant: 'x', name: { first: 'Ada', last: 'L' } });

  await items.items.create({ id: 'b', tenant: 'x', name: { first: 'Ada', last: 'M' } });
  await assert.rejects(items.items.create({ id: 'c', tenant: 'x', name: { first: 'Ada', last: 'M' } }), { code: 409 });
});

test('a path of a unique key that is missing counts as null, once', async (t) => {
  const items = await openUnique(t, ['/email']);
  await items.items.create({ id: 'a', tenant: 'x' });

  await assert.rejects(items.items.create({ id: 'b', tenant: 'x' }), { code: 409 });
  await assert.rejects(items.items.create({ id: 'b', tenant: 'x', email: null }), { code: 409 });
});

test('an upsert, a replace and a patch keep unique keys as well', async (t) => {
  const items = await openUnique(t, ['/email']);
  await items.items.create({ id: 'a', tenant: 'x', email: 'one' });
  await items.items.create({ id: 'b', tenant: 'x', email: 'two' });

  await assert.rejects(items.items.upsert({ id: 'b', tenant: 'x', email: 'one' }), { code: 409 });
  await assert.rejects(items.item('b', 'x').replace({ id: 'b', tenant: 'x', email: 'one' }), { code: 409 });
  await assert.rejects(items.item('b', 'x').patch([{ op: 'set', path: '/email', value: 'one' }]), { code: 409 });
  assert.equal((await read(items, 'b', 'x')).item?.['email'], 'two');
});

test('an item keeps its own unique key, and a deleted one gives it back', async (t) => {
  const items = await openUnique(t, ['/email']);
  await items.items.create({ id: 'a', tenant: 'x', email: 'one' });

  await items.items.upsert({ id: 'a', tenant: 'x', email: 'one', n: 2 });
  await items.item('a', 'x').delete();

  await items.items.create({ id: 'b', tenant: 'x', email: 'one' });
});

test('a batch that breaks a unique key is taken back', async (t) => {
  const items = await openUnique(t, ['/email']);

  const response = await items.items.batch(
    [
      { operationType: 'Create', resourceBody: { id: 'a', tenant: 'x', email: 'one' } },
      { operationType: 'Create', resourceBody: { id: 'b', tenant: 'x', email: 'one' } },
    ],
    'x',
  );

  assert.deepEqual(
    response.result?.map((result) => result.statusCode),
    [424, 409],
  );
  assert.equal((await read(items, 'a', 'x')).status, 404);
});

test('the unique keys of a container are read from it and cannot be replaced', async (t) => {
  const items = await openUnique(t, ['/email']);
  const { resource } = await items.read();

  assert.deepEqual(
    resource?.uniqueKeyPolicy?.uniqueKeys.map(({ paths }) => paths),
    [['/email']],
  );
  await assert.rejects(
    items.replace({
      id: items.id,
      partitionKey: { paths: ['/tenant'] },
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/other'] }] },
    }),
    { code: 400 },
  );
});
