import type { Container, FeedOptions, JSONValue } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openCosmos } from './open-cosmos.ts';

interface Answer {
  readonly documents: readonly unknown[];
  readonly charge: number;
}

async function run(items: Container, query: string, options: FeedOptions = {}): Promise<Answer> {
  const response = await items.items.query<JSONValue>(query, options).fetchAll();
  return { documents: response.resources, charge: response.requestCharge };
}

/** Jobs j00 … j24: tenants x and y, states queued and done, n = 0 … 24. */
async function openJobs(t: TestContext): Promise<Container> {
  const { items } = await openCosmos(t, [{ id: 'jobs', partitionKeyPath: '/tenant' }]);
  const job = (n: number) => ({
    id: `j${String(n).padStart(2, '0')}`,
    tenant: n % 2 === 0 ? 'x' : 'y',
    state: n % 5 === 0 ? 'done' : 'queued',
    n,
  });
  await Promise.all(Array.from({ length: 25 }, async (_, n) => items.items.create(job(n))));
  return items;
}

test('a filter over all partitions takes parameters', async (t) => {
  const items = await openJobs(t);

  const { resources } = await items.items
    .query<JSONValue>({
      query: 'SELECT VALUE c.id FROM c WHERE c.state = @state AND c.n > @n',
      parameters: [
        { name: '@state', value: 'done' },
        { name: '@n', value: 5 },
      ],
    })
    .fetchAll();

  assert.deepEqual(sortedByText(resources), ['j10', 'j15', 'j20']);
});

const answers: readonly (readonly [query: string, expected: readonly unknown[]])[] = [
  ['SELECT VALUE COUNT(1) FROM c', [25]],
  ["SELECT VALUE COUNT(1) FROM c WHERE c.state = 'none'", [0]],
  ['SELECT VALUE SUM(c.n) FROM c', [300]],
  ["SELECT VALUE AVG(c.n) FROM c WHERE c.tenant = 'y'", [12]],
  ['SELECT VALUE MIN(c.id) FROM c', ['j00']],
  ['SELECT VALUE MAX(c.n) FROM c', [24]],
  ['SELECT COUNT(1) AS jobs, MAX(c.n) AS last FROM c', [{ jobs: 25, last: 24 }]],
  ['SELECT TOP 2 c.id FROM c ORDER BY c.n DESC', [{ id: 'j24' }, { id: 'j23' }]],
  ["SELECT VALUE c.n FROM c WHERE c.state = 'done' ORDER BY c.tenant DESC, c.n", [5, 15, 0, 10, 20]],
  ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 20 LIMIT 3', [20, 21, 22]],
  ['SELECT VALUE {"last": c.id} FROM c WHERE c.n = 3 OR NOT (c.n < 24)', [{ last: 'j03' }, { last: 'j24' }]],
];

for (const [query, expected] of answers) {
  test(`over all partitions: ${query}`, async (t) => {
    const items = await openJobs(t);

    const { documents } = await run(items, query);

    assert.deepEqual(query.includes('NOT') ? sortedByText(documents) : documents, expected);
  });
}

function sortedByText(documents: readonly unknown[]): readonly unknown[] {
  return documents.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test('groups are counted over all partitions', async (t) => {
  const items = await openJobs(t);

  const { documents } = await run(items, 'SELECT c.state, COUNT(1) AS jobs, AVG(c.n) AS mean FROM c GROUP BY c.state');

  assert.deepEqual(sortedByText(documents), [
    { state: 'done', jobs: 5, mean: 10 },
    { state: 'queued', jobs: 20, mean: 12.5 },
  ]);
});

test('the partition key confines a query, whatever it is', async (t) => {
  const items = await openJobs(t);
  const options = { partitionKey: 'y' };

  assert.deepEqual((await run(items, 'SELECT VALUE COUNT(1) FROM c', options)).documents, [12]);
  assert.deepEqual((await run(items, 'SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n', options)).documents, [1, 3]);
  assert.deepEqual((await run(items, "SELECT * FROM c WHERE c.id = 'j02'", options)).documents, []);
});

test('pages by continuation make up the whole, each of the size that was asked for', async (t) => {
  const items = await openJobs(t);
  const found: unknown[] = [];
  let continuationToken: string | undefined;
  do {
    const options: FeedOptions = { maxItemCount: 4, ...(continuationToken === undefined ? {} : { continuationToken }) };
    const page = await items.items
      .query<JSONValue>("SELECT VALUE c.n FROM c WHERE c.state = 'queued'", options)
      .fetchNext();
    assert.ok(page.resources.length <= 4);
    found.push(...page.resources);
    continuationToken = page.continuationToken === '' ? undefined : page.continuationToken;
  } while (continuationToken !== undefined);

  assert.equal(found.length, 20);
  assert.equal(new Set(found).size, 20);
});

test('an ordered query in one partition is paged by continuation', async (t) => {
  const items = await openJobs(t);
  const query = 'SELECT VALUE c.n FROM c ORDER BY c.n DESC';
  const first = await items.items.query<JSONValue>(query, { partitionKey: 'x', maxItemCount: 3 }).fetchNext();

  const rest = await run(items, query, {
    partitionKey: 'x',
    maxItemCount: 100,
    continuationToken: first.continuationToken,
  });

  assert.deepEqual(first.resources, [24, 22, 20]);
  assert.deepEqual(rest.documents, [18, 16, 14, 12, 10, 8, 6, 4, 2, 0]);
});

for (const query of [
  'SELECT VALUE c.n FROM c ORDER BY c.state DESC',
  'SELECT VALUE c.n FROM c ORDER BY c.state, c.n',
]) {
  test(`with query control an ordered query over all partitions is paged: ${query}`, async (t) => {
    const items = await openJobs(t);
    const found: unknown[] = [];
    let continuationToken: string | undefined;
    do {
      const options: FeedOptions = {
        maxItemCount: 7,
        enableQueryControl: true,
        ...(continuationToken === undefined ? {} : { continuationToken }),
      };
      const page = await items.items.query<JSONValue>(query, options).fetchNext();
      found.push(...page.resources);
      ({ continuationToken } = page);
    } while (continuationToken !== undefined && continuationToken !== '');

    assert.deepEqual(found, (await run(items, query)).documents);
    assert.equal(found.length, 25);
  });
}

test('the feed of all items comes in pages', async (t) => {
  const items = await openJobs(t);

  const { resources } = await items.items.readAll({ maxItemCount: 10 }).fetchAll();

  assert.equal(resources.length, 25);
});

test('an ordered query on a path that is not indexed is refused', async (t) => {
  const { items } = await openCosmos(t, [{ id: 'jobs', partitionKeyPath: '/id', indexedPaths: ['/created'] }]);

  await assert.rejects(run(items, 'SELECT * FROM c ORDER BY c.other'), { code: 400 });
  assert.deepEqual((await run(items, 'SELECT * FROM c ORDER BY c.created')).documents, []);
});

test('a query that is not carried is refused by name', async (t) => {
  const items = await openJobs(t);

  await assert.rejects(run(items, 'SELECT DISTINCT c.state FROM c'), /does not carry DISTINCT/u);
  await assert.rejects(run(items, 'SELECT t FROM c JOIN t IN c.tags'), /does not carry JOIN/u);
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
