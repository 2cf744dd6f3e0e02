import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';

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
