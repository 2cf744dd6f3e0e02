import type { PatchOperation } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isObject, readProperty } from '../../../../local/cosmos/json.ts';
import { codeOf, patch, read } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

const byTenant = { partitionKey: { paths: ['/tenant'] } };

test('a patch answers the item as patched, with a new etag', async (t) => {
  const items = await openContainer(t);
  const created = await items.items.create({ id: 'a', n: 1, list: [1, 2] });

  const patched = await patch(items, 'a', [
    { op: 'incr', path: '/n', value: 4 },
    { op: 'set', path: '/list/1', value: 9 },
    { op: 'add', path: '/fresh', value: { deep: true } },
  ]);

  assert.equal(patched.item?.['n'], 5);
  assert.deepEqual(patched.item['list'], [1, 9]);
  assert.deepEqual(patched.item['fresh'], { deep: true });
  assert.notEqual(patched.etag, created.etag);
  assert.deepEqual((await read(items, 'a')).item, patched.item);
});

test('a patch of which one operation fails changes nothing', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create({ id: 'a', n: 1 });
  const operations: PatchOperation[] = [
    { op: 'incr', path: '/n', value: 1 },
    { op: 'remove', path: '/none' },
  ];

  await assert.rejects(items.item('a', 'a').patch(operations), { code: 400 });

  const after = await read(items, 'a');
  assert.deepEqual([after.item?.['n'], after.etag], [1, etag]);
});

test('a predicate that does not hold refuses the patch with 412, and keeps the case of its text', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', state: 'Queued', n: 1 });
  const operations: PatchOperation[] = [{ op: 'incr', path: '/n', value: 1 }];

  await items.item('a', 'a').patch({ operations, condition: "FROM c WHERE c.state = 'Queued'" });

  await assert.rejects(items.item('a', 'a').patch({ operations, condition: "from c where c.state = 'queued'" }), {
    code: 412,
  });
  assert.equal((await read(items, 'a')).item?.['n'], 2);
});

test('a predicate sees the system properties', async (t) => {
  const items = await openContainer(t);
  const { resource } = await items.items.create({ id: 'a', n: 1 });

  const condition = `from c where c._ts = ${resource?._ts} and IS_STRING(c._etag)`;
  const patched = await patch(items, 'a', { operations: [{ op: 'incr', path: '/n', value: 1 }], condition });

  assert.equal(patched.item?.['n'], 2);
});

test('a predicate that cannot be read is the caller’s fault', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', n: 1 });

  const operations: PatchOperation[] = [{ op: 'incr', path: '/n', value: 1 }];
  await assert.rejects(items.item('a', 'a').patch({ operations, condition: 'from c where c.n ~ 1' }), { code: 400 });
});

test('the partition key and system properties cannot be patched', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });

  for (const path of ['/tenant', '/id', '/_etag']) {
    await assert.rejects(items.item('a', 'x').patch([{ op: 'set', path, value: 'y' }]), { code: 400 });
  }
});

test('64 patches at once admit exactly as many as the predicate allows', async (t) => {
  const items = await openContainer(t);
  await items.items.create({
    id: 'bucket',
    head: 12,
    epoch: 3,
    tokens: { total: 0, snaps: [0, 0, 0, 0] },
    requests: { total: 5 },
  });
  const operations: PatchOperation[] = [
    { op: 'incr', path: '/tokens/total', value: 100 },
    { op: 'incr', path: '/requests/total', value: 1 },
    { op: 'set', path: '/touched', value: true },
  ];
  const condition =
    'from c where c.head = 12 and c.epoch = 3 and c.tokens.total <= 900 and c.tokens.total <= c.tokens.snaps[3] + 1000 - 100';

  const answers = await Promise.allSettled(
    Array.from({ length: 64 }, async () => patch(items, 'bucket', { operations, condition })),
  );

  const totals = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? [Number(readProperty(answer.value.item?.['tokens'], 'total'))] : [],
  );
  const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [codeOf(answer.reason)] : []));
  assert.deepEqual(
    totals.toSorted((a, b) => a - b),
    [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000],
  );
  assert.deepEqual(
    refusals,
    Array.from({ length: 54 }, () => 412),
  );
  const { item } = await read(items, 'bucket');
  assert.deepEqual([item?.['tokens'], item?.['requests']], [{ total: 1000, snaps: [0, 0, 0, 0] }, { total: 15 }]);
});

test('a guard that moves the head lets one of many through', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'bucket', head: 12, epoch: 3, tokens: { total: 40, snaps: [10, 20, 30] } });
  const operations: PatchOperation[] = [
    { op: 'set', path: '/head', value: 13 },
    { op: 'set', path: '/tokens/snaps/0', value: 40 },
    { op: 'incr', path: '/tokens/total', value: 7 },
  ];
  const condition = 'from c where c.head = 12 and c.epoch = 3 and c.tokens.total <= 60';

  const answers = await Promise.allSettled(
    Array.from({ length: 32 }, async () => patch(items, 'bucket', { operations, condition })),
  );

  assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1);
  const { item } = await read(items, 'bucket');
  assert.deepEqual([item?.['head'], item?.['tokens']], [13, { total: 47, snaps: [40, 20, 30] }]);
});

test('a patch has at most ten operations', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });
  const operations = (count: number) =>
    Array.from({ length: count }, (_, n): PatchOperation => ({ op: 'set', path: `/p${n}`, value: n }));

  await items.item('a', 'a').patch(operations(10));

  await assert.rejects(items.item('a', 'a').patch(operations(11)), { code: 400 });
});

test('add puts a value between those of an array, set takes the place of one', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', added: [1, 2, 3], set: [1, 2, 3] });

  const { item } = await patch(items, 'a', [
    { op: 'add', path: '/added/1', value: 9 },
    { op: 'add', path: '/added/-', value: 10 },
    { op: 'set', path: '/set/1', value: 9 },
  ]);

  assert.deepEqual(
    [item?.['added'], item?.['set']],
    [
      [1, 9, 2, 3, 10],
      [1, 9, 3],
    ],
  );
});

test('remove takes properties and elements away, replace needs one that is there', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', list: [1, 2], old: true, n: 1 });

  const { item } = await patch(items, 'a', [
    { op: 'remove', path: '/list/0' },
    { op: 'remove', path: '/old' },
    { op: 'replace', path: '/n', value: { now: 'an object' } },
  ]);

  assert.deepEqual([item?.['list'], item?.['old'], item?.['n']], [[2], undefined, { now: 'an object' }]);
  await assert.rejects(items.item('a', 'a').patch([{ op: 'replace', path: '/none', value: 1 }]), { code: 400 });
});

test('incr counts up and down, and begins at nothing', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', n: 1 });

  const { item } = await patch(items, 'a', [
    { op: 'incr', path: '/n', value: -2.5 },
    { op: 'incr', path: '/fresh', value: 3 },
  ]);

  assert.deepEqual([item?.['n'], item?.['fresh']], [-1.5, 3]);
  await assert.rejects(items.item('a', 'a').patch([{ op: 'incr', path: '/id', value: 1 }]), { code: 400 });
});

test('move takes a value from one place to another', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', from: { here: 1 }, to: {} });

  const { body, status } = await signedRequest({
    method: 'PATCH',
    path: `${items.url}/docs/a`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]', 'content-type': 'application/json-patch+json' },
    body: { operations: [{ op: 'move', from: '/from/here', path: '/to/there' }] },
  });

  assert.equal(status, 200);
  assert.ok(isObject(body));
  assert.deepEqual([body['from'], body['to']], [{}, { there: 1 }]);
});

test('a patch makes no parents for what it sets', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  await assert.rejects(
    items.item('a', 'a').patch([{ op: 'set', path: '/none/deeper', value: 1 }]),
    /cannot create path recursively, no path found beyond: 'none'/u,
  );
});

test('the time to live of an item can be patched', async (t) => {
  const items = await openContainer(t, { defaultTtl: -1 });
  await items.items.create({ id: 'a' });

  const { item } = await patch(items, 'a', [{ op: 'set', path: '/ttl', value: 3600 }]);

  assert.equal(item?.['ttl'], 3600);
});

test('a pointer writes / as ~1 and ~ as ~0', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', 'x/y~z': 1 });

  const { item } = await patch(items, 'a', [{ op: 'incr', path: '/x~1y~0z', value: 1 }]);

  assert.equal(item?.['x/y~z'], 2);
});
