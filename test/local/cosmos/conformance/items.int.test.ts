import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

const byTenant = { partitionKey: { paths: ['/tenant'] } };

test('an item is read as it was written, with system properties', async (t) => {
  const items = await openContainer(t);
  const item = {
    id: 'naïve id ✓',
    n: 1.5,
    nested: { list: [1, 'zwei', null, true] },
    text: 'line\u2028separator "quoted"',
  };

  const created = await items.items.create(item);
  const { item: stored, etag } = await read(items, item.id);

  assert.equal(created.statusCode, 201);
  const { _rid, _self, _etag, _attachments, _ts, ...own } = stored ?? {};
  assert.deepEqual(own, item);
  assert.equal(_attachments, 'attachments/');
  assert.ok(typeof _rid === 'string' && typeof _self === 'string');
  assert.equal(Buffer.from(_rid.replaceAll('-', '/'), 'base64').length, 16);
  assert.match(_self, /^dbs\/.+\/colls\/.+\/docs\/.+\/$/u);
  assert.equal(etag, _etag);
  assert.ok(Math.abs(Number(_ts) - Date.now() / 1000) < 60);
});

test('an id that exists is a conflict', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  await assert.rejects(items.items.create({ id: 'a' }), { code: 409 });
});

test('a missing item reads as 404 without a throw, and a write on it is refused with 404', async (t) => {
  const items = await openContainer(t);

  const { status, item } = await read(items, 'none');

  assert.equal(status, 404);
  assert.equal(item, undefined);
  await assert.rejects(items.item('none', 'none').replace({ id: 'none' }), { code: 404 });
  await assert.rejects(items.item('none', 'none').delete(), { code: 404 });
  await assert.rejects(items.item('none', 'none').patch([{ op: 'incr', path: '/n', value: 1 }]), { code: 404 });
});

test('an upsert creates with 201, then replaces with 200', async (t) => {
  const items = await openContainer(t);

  const first = await items.items.upsert({ id: 'a', n: 1, old: true });
  const second = await items.items.upsert({ id: 'a', n: 2 });

  assert.deepEqual([first.statusCode, second.statusCode], [201, 200]);
  const { item } = await read(items, 'a');
  assert.deepEqual([item?.['n'], item?.['old']], [2, undefined]);
});

test('a replace may send the system properties back, and a delete takes the item away', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', n: 1 });
  const before = await read(items, 'a');

  const replaced = await items.item('a', 'a').replace({ ...before.item, id: 'a', n: 2 });
  const after = await read(items, 'a');
  const removed = await items.item('a', 'a').delete();

  assert.equal(after.item?.['n'], 2);
  assert.equal(after.etag, replaced.etag);
  assert.notEqual(after.etag, before.etag);
  assert.equal(removed.statusCode, 204);
  assert.equal((await items.item('a', 'a').read()).statusCode, 404);
});

test('the same id lives once in each partition', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x', n: 1 });
  await items.items.create({ id: 'a', tenant: 'y', n: 2 });
  await items.items.create({ id: 'a', n: 3 });

  assert.equal((await read(items, 'a', 'x')).item?.['n'], 1);
  assert.equal((await read(items, 'a', 'y')).item?.['n'], 2);
  assert.equal((await items.item('a').read()).statusCode, 200);
  assert.equal((await items.item('a', 'z').read()).statusCode, 404);
});

test('a key that does not match the item is refused with substatus 1001', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });

  await assert.rejects(items.item('a', 'x').replace({ id: 'a', tenant: 'y' }), { code: 400, substatus: 1001 });
});

test('an item has at most 2 MB', async (t) => {
  const items = await openContainer(t);
  const most = 2 * 1024 * 1024;
  // Some bytes may be the service's own.
  await items.items.create({ id: 'a', text: 'x'.repeat(most - 8192) });

  await assert.rejects(items.items.create({ id: 'b', text: 'x'.repeat(most) }), { code: 413 });
  await assert.rejects(items.items.create({ id: 'c', text: 'x'.repeat(3 * 1024 * 1024) }), { code: 413 });
  await assert.rejects(items.item('a', 'a').patch([{ op: 'set', path: '/more', value: 'y'.repeat(16_384) }]), {
    code: 413,
  });
});

test('ids are text without / \\ ? # and of at most 1,023 bytes', async (t) => {
  const items = await openContainer(t);

  for (const id of ['a?b', 'trailing ', 'é'.repeat(512)]) {
    await assert.rejects(items.items.create({ id }), { code: 400 });
  }
  await items.items.create({ id: 'x'.repeat(1023) });
});

test('all items of a container are read as a feed, in pages', async (t) => {
  const items = await openContainer(t);
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    await items.items.create({ id });
  }
  const iterator = items.items.readAll<{ readonly id: string }>({ maxItemCount: 2 });

  const sizes: number[] = [];
  const ids: string[] = [];
  while (iterator.hasMoreResults()) {
    const { resources } = await iterator.fetchNext();
    sizes.push(resources.length);
    ids.push(...resources.map(({ id }) => id));
  }

  assert.deepEqual(ids.toSorted(), ['a', 'b', 'c', 'd', 'e']);
  assert.ok(sizes.every((size) => size <= 2));
});

test('numbers, texts and names of every kind come back as they went in', async (t) => {
  const items = await openContainer(t);
  const item = {
    id: 'a',
    numbers: [0, -1, 1.5, 1e-7, 1e21, 9_007_199_254_740_991],
    texts: ['', '"', '\\', '\u0000', '\u2028', '💚', 'e\u0301'],
    '': 'no name',
    'a/b~c': 1,
    empty: { list: [], object: {} },
  };

  await items.items.create(item);
  const { _rid, _self, _etag, _attachments, _ts, ...own } = (await read(items, 'a')).item ?? {};

  assert.deepEqual(own, item);
});

test('an item has at most 128 levels', async (t) => {
  const items = await openContainer(t);
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  await items.items.create({ id: 'a', nested: nested(127) });

  await assert.rejects(items.items.create({ id: 'b', nested: nested(128) }), { code: 400 });
});

test('a write answers without the item when the client prefers it so, with its etag', async (t) => {
  const items = await openContainer(t);

  const { body, headers, status } = await signedRequest({
    method: 'POST',
    path: `${items.url}/docs`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]', prefer: 'return=minimal' },
    body: { id: 'a', n: 1 },
  });

  assert.deepEqual([status, body], [201, undefined]);
  assert.equal(headers.get('etag'), (await read(items, 'a')).etag);
});
