import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openCatalog } from '../../../local/cosmos/containers/catalog.ts';
import { readContainerDefinition } from '../../../local/cosmos/containers/container-definition.ts';
import { CosmosError } from '../../../local/cosmos/cosmos-error.ts';
import { CosmosFaults } from '../../../local/cosmos/cosmos-faults.ts';
import type { Json } from '../../../local/cosmos/json.ts';
import { openQueryMemories } from '../../../local/cosmos/query/query-memories.ts';
import { openOfferStore } from '../../../local/cosmos/containers/offer-store.ts';
import { openPredicateCache } from '../../../local/cosmos/query/compile-predicate.ts';
import { openQueryCache } from '../../../local/cosmos/query/compile-query.ts';
import { runOperation } from '../../../local/cosmos/items/run-operation.ts';

/** The service without its sockets, on a clock that the test moves. Times are seconds. */
function openContainer(t: TestContext, defaultTtl?: number) {
  const sql = new DatabaseSync(':memory:');
  t.after(() => {
    sql.close();
  });
  let seconds = 1000;
  let etags = 0;
  const now = (): number => seconds * 1000;
  const catalog = openCatalog(sql, now);
  catalog.createDatabase('app');
  const definition = (ttl: number | undefined) =>
    readContainerDefinition({
      id: 'items',
      partitionKey: { paths: ['/id'] },
      ...(ttl === undefined ? {} : { defaultTtl: ttl }),
    });
  catalog.createContainer('app', definition(defaultTtl));
  const nextEtag = (): string => `"${(etags += 1)}"`;
  const service = {
    sql,
    catalog,
    offers: openOfferStore(sql, now),
    now,
    nextEtag,
    compile: openQueryCache(),
    compilePredicate: openPredicateCache(),
    memories: openQueryMemories(),
    endpoint: 'http://localhost/',
    faults: new CosmosFaults(0),
    stopping: new AbortController().signal,
  };
  const place = { database: 'app', container: 'items' };
  const call = (method: string, id: string | undefined, body: Json, headers: Readonly<Record<string, string>> = {}) => {
    const resource =
      id === undefined ? ({ kind: 'items', ...place } as const) : ({ kind: 'item', item: id, ...place } as const);
    const request = { method, header: (name: string) => headers[name], isSecure: false, body: JSON.stringify(body) };
    const { answer } = runOperation(service, { resource, request, operation: undefined, fault: undefined });
    return answer instanceof CosmosError ? { status: answer.status, body: undefined } : answer;
  };
  const keyOf = (id: string) => ({ 'x-ms-documentdb-partitionkey': JSON.stringify([id]) });
  return {
    at: (time: number) => {
      seconds = time;
    },
    create: (item: { readonly id: string; readonly ttl?: Json }) =>
      call('POST', undefined, item, keyOf(item.id)).status,
    touch: (id: string) => call('PATCH', id, [{ op: 'incr', path: '/n', value: 1 }], keyOf(id)).status,
    read: (id: string) => call('GET', id, null, keyOf(id)).status,
    count: () =>
      call(
        'POST',
        undefined,
        { query: 'SELECT VALUE COUNT(1) FROM c' },
        {
          'x-ms-documentdb-isquery': 'true',
          'x-ms-documentdb-partitionkeyrangeid': '0',
        },
      ).body?.match(/"Documents":\[(\d+)\]/u)?.[1],
    setDefault: (ttl: number | undefined) =>
      catalog.replaceContainer(catalog.container('app', 'items'), definition(ttl)),
    stored: () => Number(sql.prepare('SELECT count(*) AS total FROM items_1').get()?.['total']),
    sweep: () => catalog.container('app', 'items').items.sweep(now(), 100),
  };
}

test('an item vanishes from reads and queries when its default time is over', (t) => {
  const items = openContainer(t, 10);
  items.create({ id: 'a' });

  items.at(1009);
  assert.deepEqual([items.read('a'), items.count()], [200, '1']);
  items.at(1010);
  assert.deepEqual([items.read('a'), items.count()], [404, '0']);
});

test('the time counts from the last write', (t) => {
  const items = openContainer(t, 10);
  items.create({ id: 'a' });

  items.at(1009);
  items.touch('a');
  items.at(1018);

  assert.equal(items.read('a'), 200);
});

test('an item’s own time wins, and -1 means never', (t) => {
  const items = openContainer(t, 10);
  items.create({ id: 'short', ttl: 5 });
  items.create({ id: 'ever', ttl: -1 });

  items.at(1005);
  assert.deepEqual([items.read('short'), items.read('ever')], [404, 200]);
  items.at(1_000_000);
  assert.equal(items.read('ever'), 200);
});

test('with -1 as the default only items with a time of their own vanish', (t) => {
  const items = openContainer(t, -1);
  items.create({ id: 'a' });
  items.create({ id: 'b', ttl: 5 });

  items.at(2000);

  assert.deepEqual([items.read('a'), items.read('b')], [200, 404]);
});

test('without a default an item’s own time means nothing, until there is one', (t) => {
  const items = openContainer(t);
  items.create({ id: 'a', ttl: 5 });

  items.at(1100);
  assert.equal(items.read('a'), 200);
  items.setDefault(-1);
  assert.equal(items.read('a'), 404);
});

test('an id is free again when its item has vanished', (t) => {
  const items = openContainer(t, 10);
  items.create({ id: 'a' });

  items.at(1010);

  assert.equal(items.create({ id: 'a' }), 201);
  assert.equal(items.read('a'), 200);
});

test('the sweep deletes what has vanished, and nothing else', (t) => {
  const items = openContainer(t, 10);
  items.create({ id: 'a' });
  items.create({ id: 'b', ttl: 100 });

  items.at(1010);

  assert.equal(items.sweep(), 1);
  assert.equal(items.stored(), 1);
});

test('a time of 0, or one that is no whole number, is refused', (t) => {
  const items = openContainer(t, 10);

  for (const ttl of [0, -2, 1.5, '10']) {
    assert.equal(items.create({ id: 'a', ttl }), 400);
  }
});
