import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCosmos, patch, read } from './open-cosmos.ts';

test('every operation on a container is charged and counted, refused ones too', async (t) => {
  const { items, cosmos } = await openCosmos(t, [{ id: 'items', partitionKeyPath: '/id', indexedPaths: [] }]);

  const created = await items.items.create({ id: 'a', n: 1 });
  const found = await read(items, 'a');
  const patched = await patch(items, 'a', [{ op: 'incr', path: '/n', value: 1 }]);
  await assert.rejects(items.items.create({ id: 'a' }), { code: 409 });

  assert.deepEqual([created.requestCharge, found.charge, patched.charge], [4.95, 1, 10.3]);
  assert.deepEqual(cosmos.requestUnits('app', 'items'), { total: 17.49, operations: 4 });
});
