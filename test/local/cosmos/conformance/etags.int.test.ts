import type { ItemDefinition } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patch, read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';

const stale = { accessCondition: { type: 'IfMatch', condition: '"00000000-0000-0000-0000-000000000000"' } };
const anyVersion = { accessCondition: { type: 'IfMatch', condition: '*' } };
const noVersion = { accessCondition: { type: 'IfNoneMatch', condition: '*' } };

test('an ETag stands in quotes, in the header and in the item alike', async (t) => {
  const items = await openContainer(t);

  const { etag, resource } = await items.items.create({ id: 'a' });

  assert.match(etag, /^"[^"]+"$/u);
  assert.equal(resource?._etag, etag);
});

test('every write makes another ETag, and a read makes none', async (t) => {
  const items = await openContainer(t);
  const created = await items.items.create({ id: 'a', n: 1 });
  const replaced = await items.item('a', 'a').replace({ id: 'a', n: 1 });
  const upserted = await items.items.upsert({ id: 'a', n: 1 });
  const patched = await patch(items, 'a', [{ op: 'set', path: '/n', value: 1 }]);
  const found = await read(items, 'a');

  const etags = [created.etag, replaced.etag, upserted.etag, patched.etag];
  assert.equal(new Set(etags).size, 4);
  assert.equal(found.etag, patched.etag);
});

test('If-Match lets one writer through for each version', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create({ id: 'a', n: 0 });
  const accessCondition = { type: 'IfMatch', condition: etag };

  await items.item('a', 'a').replace({ id: 'a', n: 1 }, { accessCondition });

  await assert.rejects(items.item('a', 'a').replace({ id: 'a', n: 2 }, { accessCondition }), { code: 412 });
  await assert.rejects(items.items.upsert({ id: 'a', n: 2 }, { accessCondition }), { code: 412 });
  await assert.rejects(items.item('a', 'a').delete({ accessCondition }), { code: 412 });
  await assert.rejects(items.item('a', 'a').patch([{ op: 'incr', path: '/n', value: 1 }], { accessCondition }), {
    code: 412,
  });
  assert.equal((await read(items, 'a', 'a')).item?.['n'], 1);
});

test('of writers that read the same version one wins', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create({ id: 'a' });
  const accessCondition = { type: 'IfMatch', condition: etag };

  const answers = await Promise.allSettled(
    Array.from({ length: 16 }, async (_, n) => items.item('a', 'a').replace({ id: 'a', n }, { accessCondition })),
  );

  assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1);
});

test('If-Match * is true of every version, and of none', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  await items.item('a', 'a').replace({ id: 'a', n: 1 }, anyVersion);
  await items.item('a', 'a').delete(anyVersion);

  await assert.rejects(items.item('a', 'a').replace({ id: 'a' }, anyVersion), { code: 404 });
});

test('an item that is missing is a 404, whatever If-Match says', async (t) => {
  const items = await openContainer(t);

  await assert.rejects(items.item('a', 'a').replace({ id: 'a' }, stale), { code: 404 });
  await assert.rejects(items.item('a', 'a').delete(stale), { code: 404 });
});

test('an upsert of an item that is missing creates it, whatever If-Match says', async (t) => {
  const items = await openContainer(t);

  assert.equal((await items.items.upsert({ id: 'a' }, stale)).statusCode, 201);
});

test('If-None-Match answers 304 for what has not changed, without the item', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create({ id: 'a' });
  const accessCondition = { type: 'IfNoneMatch', condition: etag };

  const same = await items.item('a', 'a').read<ItemDefinition>({ accessCondition });
  await items.items.upsert({ id: 'a', n: 1 });
  const changed = await items.item('a', 'a').read<ItemDefinition>({ accessCondition });

  assert.deepEqual([same.statusCode, same.etag, same.resource ?? undefined], [304, etag, undefined]);
  assert.deepEqual([changed.statusCode, changed.resource?.['n']], [200, 1]);
});

test('If-None-Match of another version reads the item', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });
  const accessCondition = { type: 'IfNoneMatch', condition: '"00000000-0000-0000-0000-000000000000"' };

  assert.equal((await items.item('a', 'a').read({ accessCondition })).statusCode, 200);
});

test('If-None-Match * makes an upsert a create', async (t) => {
  const items = await openContainer(t);

  await items.items.upsert({ id: 'a', n: 1 }, noVersion);

  await assert.rejects(items.items.upsert({ id: 'a', n: 2 }, noVersion), { code: 412 });
});
