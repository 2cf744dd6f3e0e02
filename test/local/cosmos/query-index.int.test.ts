import type { Container, FeedOptions, JSONValue } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCosmos } from './open-cosmos.ts';

interface Answer {
  readonly documents: readonly unknown[];
  readonly charge: number;
}

async function run(items: Container, query: string, options: FeedOptions = {}): Promise<Answer> {
  const response = await items.items.query<JSONValue>(query, options).fetchAll();
  return { documents: response.resources, charge: response.requestCharge };
}

function sortedByText(documents: readonly unknown[]): readonly unknown[] {
  return documents.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test('an ordered query on a path that is not indexed is refused', async (t) => {
  const { items } = await openCosmos(t, [{ id: 'jobs', partitionKeyPath: '/id', indexedPaths: ['/created'] }]);

  await assert.rejects(run(items, 'SELECT * FROM c ORDER BY c.other'), { code: 400 });
  assert.deepEqual((await run(items, 'SELECT * FROM c ORDER BY c.created')).documents, []);
});

test('filters find the same items with an index and without', async (t) => {
  const { items, container } = await openCosmos(t, [
    { id: 'indexed', partitionKeyPath: '/id', indexedPaths: ['/value'] },
    { id: 'plain', partitionKeyPath: '/id', indexedPaths: [] },
  ]);
  const values = [1, '1', true, null, 0, -5, 2.5, 'ä', '', 'Z', [1], { a: 1 }, undefined];
  for (const store of [items, container('plain')]) {
    await Promise.all(values.map(async (value, n) => store.items.create({ id: `i${n}`, value })));
  }

  for (const condition of [
    '= 1',
    '= "1"',
    '= true',
    '= null',
    'IN (0, "ä", null)',
    '> 0',
    '<= "Z"',
    '!= 1',
    'BETWEEN -5 AND 1',
  ]) {
    const query = `SELECT VALUE c.id FROM c WHERE c["value"] ${condition}`;
    const sorted = async (store: Container) => sortedByText((await run(store, query)).documents);
    assert.deepEqual(await sorted(items), await sorted(container('plain')), condition);
  }
  assert.deepEqual((await run(items, 'SELECT VALUE c.id FROM c WHERE c["value"] = 1')).documents, ['i0']);
  assert.deepEqual((await run(items, 'SELECT VALUE c.id FROM c WHERE c["value"] = null')).documents, ['i3']);
});

test('a filter without an index costs a scan', async (t) => {
  const { items, container } = await openCosmos(t, [
    { id: 'indexed', partitionKeyPath: '/id', indexedPaths: ['/state'] },
    { id: 'plain', partitionKeyPath: '/id', indexedPaths: [] },
  ]);
  for (const store of [items, container('plain')]) {
    await Promise.all(Array.from({ length: 100 }, async (_, n) => store.items.create({ id: `i${n}`, state: `s${n}` })));
  }

  const query = "SELECT c.id FROM c WHERE c.state = 's7'";

  assert.equal((await run(items, query)).charge, 2.27);
  assert.equal((await run(container('plain'), query)).charge, 3.26);
});

test('the pages of groups are cut out of one answer, whatever is written between them', async (t) => {
  const { items } = await openCosmos(t, [{ id: 'jobs', partitionKeyPath: '/tenant' }]);
  const create = async (n: number) => items.items.create({ id: `i${n}`, tenant: 'x', n });
  await Promise.all([5, 6, 7, 8].map(create));
  const query = 'SELECT DISTINCT VALUE c.n FROM c WHERE c.n < 9';
  const options = { partitionKey: 'x', maxItemCount: 2 };
  const first = await items.items.query<JSONValue>(query, options).fetchNext();

  await items.item('i5', 'x').delete();
  const { continuationToken } = first;
  const rest = await run(items, query, { ...options, continuationToken });

  assert.deepEqual(sortedByText([...first.resources, ...rest.documents]), [5, 6, 7, 8]);
});

test('an order goes on behind its place, also among items that are written between its pages', async (t) => {
  const { items } = await openCosmos(t, [{ id: 'jobs', partitionKeyPath: '/tenant' }]);
  const create = async (n: number) => items.items.create({ id: `i${n}`, tenant: 'x', n });
  await Promise.all([1, 3, 5, 7].map(create));
  const query = 'SELECT VALUE c.n FROM c ORDER BY c.n';
  const options = { partitionKey: 'x', maxItemCount: 2 };
  const first = await items.items.query<JSONValue>(query, options).fetchNext();

  await Promise.all([2, 4, 6].map(create));
  const { continuationToken } = first;
  const rest = await run(items, query, { ...options, continuationToken });

  assert.deepEqual(first.resources, [1, 3]);
  assert.deepEqual(rest.documents, [4, 5, 6, 7]);
});

test('a parameter that is nested without end is refused, and the service goes on', async (t) => {
  const { items } = await openCosmos(t);
  const nested = (depth: number): JSONValue => {
    let value: JSONValue = [];
    for (let level = 1; level < depth; level += 1) {
      value = [value];
    }
    return value;
  };
  const query = (value: JSONValue) => ({
    query: 'SELECT * FROM c WHERE c.a = @a',
    parameters: [{ name: '@a', value }],
  });

  await assert.rejects(items.items.query(query(nested(3000))).fetchAll(), /nested deeper than 500 levels/u);
  assert.deepEqual((await items.items.query(query(nested(400))).fetchAll()).resources, []);
});

test('an item is nested 128 levels deep at most', async (t) => {
  const { items } = await openCosmos(t);
  const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  await items.items.create({ id: 'a', deep: nested(127) });

  await assert.rejects(items.items.create({ id: 'b', deep: nested(128) }), { code: 400 });
});
