import type { FeedOptions, JSONValue } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersOf, inAnyOrder, pagesOf, sharedItems } from './query-items.ts';

/** Jobs j00 … j24: tenants x and y, states queued and done, n = 0 … 24. */
const jobs = sharedItems(
  Array.from({ length: 25 }, (_, n) => ({
    id: `j${String(n).padStart(2, '0')}`,
    tenant: n % 2 === 0 ? 'x' : 'y',
    state: n % 5 === 0 ? 'done' : 'queued',
    n,
  })),
  {
    partitionKey: { paths: ['/tenant'] },
    indexingPolicy: {
      compositeIndexes: [
        [
          { path: '/tenant', order: 'descending' },
          { path: '/n', order: 'ascending' },
        ],
        [
          { path: '/state', order: 'ascending' },
          { path: '/n', order: 'ascending' },
        ],
      ],
    },
  },
);

test('a filter over all partitions takes parameters', async () => {
  const query = {
    query: 'SELECT VALUE c.id FROM c WHERE c.state = @state AND c.n > @n',
    parameters: [
      { name: '@state', value: 'done' },
      { name: '@n', value: 5 },
    ],
  };

  assert.deepEqual(inAnyOrder(await answersOf(await jobs(), query)), ['j10', 'j15', 'j20']);
});

const facts: readonly (readonly [query: string, expected: readonly JSONValue[]])[] = [
  ['SELECT VALUE COUNT(1) FROM c', [25]],
  ["SELECT VALUE COUNT(1) FROM c WHERE c.state = 'none'", [0]],
  ['SELECT VALUE SUM(c.n) FROM c', [300]],
  ["SELECT VALUE AVG(c.n) FROM c WHERE c.tenant = 'y'", [12]],
  ['SELECT VALUE MIN(c.id) FROM c', ['j00']],
  ['SELECT VALUE MAX(c.n) FROM c', [24]],
  ['SELECT COUNT(1) AS jobs, MAX(c.n) AS last FROM c', [{ jobs: 25, last: 24 }]],
  ['SELECT TOP 2 c.id FROM c ORDER BY c.n DESC', [{ id: 'j24' }, { id: 'j23' }]],
  ["SELECT VALUE c.n FROM c WHERE c.state = 'done' ORDER BY c.tenant DESC, c.n", [5, 15, 0, 10, 20]],
  ["SELECT VALUE c.n FROM c WHERE c.state = 'done' ORDER BY c.tenant, c.n DESC", [20, 10, 0, 15, 5]],
  ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 20 LIMIT 3', [20, 21, 22]],
  ['SELECT VALUE {"last": c.id} FROM c WHERE c.n = 3 OR NOT (c.n < 24)', [{ last: 'j03' }, { last: 'j24' }]],
  ['SELECT DISTINCT VALUE c.state FROM c', ['done', 'queued']],
  ['SELECT DISTINCT VALUE c.state FROM c ORDER BY c.state DESC', ['queued', 'done']],
  [
    'SELECT DISTINCT c.tenant, c.state FROM c WHERE c.n < 2',
    [
      { tenant: 'x', state: 'done' },
      { tenant: 'y', state: 'queued' },
    ],
  ],
  ['SELECT DISTINCT TOP 1 VALUE c.state FROM c ORDER BY c.state', ['done']],
  [
    'SELECT c.state, COUNT(1) AS jobs, AVG(c.n) AS mean FROM c GROUP BY c.state',
    [
      { state: 'done', jobs: 5, mean: 10 },
      { state: 'queued', jobs: 20, mean: 12.5 },
    ],
  ],
  [
    'SELECT c.tenant, c.state, MIN(c.n) AS low, MAX(c.n) AS high, SUM(c.n) AS total FROM c GROUP BY c.tenant, c.state',
    [
      { tenant: 'x', state: 'done', low: 0, high: 20, total: 30 },
      { tenant: 'x', state: 'queued', low: 2, high: 24, total: 126 },
      { tenant: 'y', state: 'done', low: 5, high: 15, total: 20 },
      { tenant: 'y', state: 'queued', low: 1, high: 23, total: 124 },
    ],
  ],
  ['SELECT VALUE c.state FROM c GROUP BY c.state', ['done', 'queued']],
];

for (const [query, expected] of facts) {
  for (const options of [{}, { forceQueryPlan: true, maxItemCount: 4 }]) {
    const how = 'forceQueryPlan' in options ? 'with a query plan, over all partitions' : 'over all partitions';
    test(`${how}: ${query}`, async () => {
      const answers = await answersOf(await jobs(), query, options);

      assert.deepEqual(query.includes('ORDER BY') ? answers : inAnyOrder(answers), expected);
    });
  }
}

const inPartition: readonly (readonly [query: string, expected: readonly JSONValue[]])[] = [
  ['SELECT VALUE COUNT(1) FROM c', [12]],
  ['SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n', [1, 3]],
  ["SELECT * FROM c WHERE c.id = 'j02'", []],
  ['SELECT DISTINCT VALUE c.state FROM c ORDER BY c.state', ['done', 'queued']],
  [
    'SELECT c.state, COUNT(1) AS jobs FROM c GROUP BY c.state',
    [
      { state: 'done', jobs: 2 },
      { state: 'queued', jobs: 10 },
    ],
  ],
  ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 10 LIMIT 5', [21, 23]],
];

for (const [query, expected] of inPartition) {
  test(`in one partition: ${query}`, async () => {
    const answers = await answersOf(await jobs(), query, { partitionKey: 'y' });

    assert.deepEqual(query.includes('ORDER BY') ? answers : inAnyOrder(answers), expected);
  });
}

const paged: readonly (readonly [query: string, options: FeedOptions])[] = [
  ["SELECT VALUE c.n FROM c WHERE c.state = 'queued'", {}],
  ['SELECT VALUE c.n FROM c', { partitionKey: 'x' }],
  ['SELECT VALUE c.n FROM c ORDER BY c.n DESC', { partitionKey: 'x' }],
  ['SELECT VALUE c.n FROM c ORDER BY c.state, c.n', { partitionKey: 'x' }],
  ['SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 2 LIMIT 9', { partitionKey: 'x' }],
  ['SELECT VALUE c.n FROM c ORDER BY c.state DESC', { enableQueryControl: true }],
  ['SELECT VALUE c.n FROM c ORDER BY c.n', { enableQueryControl: true }],
];

for (const [query, options] of paged) {
  test(`pages by continuation make up the whole: ${query} ${JSON.stringify(options)}`, async () => {
    const items = await jobs();
    const whole = await answersOf(items, query, options);

    const pages = await pagesOf(items, query, { ...options, maxItemCount: 4 });

    assert.ok(pages.every((page) => page.length <= 4));
    assert.deepEqual(pages.flat(), whole);
    assert.equal(new Set(whole).size, whole.length);
  });
}

test('the feed of all items comes in pages', async () => {
  const items = await jobs();

  const { resources } = await items.items.readAll({ maxItemCount: 10 }).fetchAll();

  assert.equal(resources.length, 25);
});

test('an order by several keys needs a composite index of just these', async () => {
  const items = await jobs();

  for (const order of ['c.n, c.state', 'c.state, c.n DESC', 'c.state, c.n, c.id', 'c.state, c.tenant']) {
    await assert.rejects(answersOf(items, `SELECT * FROM c ORDER BY ${order}`), (error: Error & { code?: unknown }) => {
      assert.equal(error.code, 400);
      assert.match(error.message, /composite index/u);
      return true;
    });
  }
});

test('an order by anything but a path is refused', async () => {
  const items = await jobs();

  await assert.rejects(answersOf(items, 'SELECT * FROM c ORDER BY LOWER(c.state)'), /document path/u);
});

test('a syntax error is a 400 that tells the place in the query', async () => {
  const items = await jobs();

  await assert.rejects(answersOf(items, 'SELECT * FORM c'), (error: Error & { code?: unknown }) => {
    assert.equal(error.code, 400);
    assert.match(error.message, /SC1001/u);
    assert.match(error.message, /"start\\*":9,\\*"end\\*":13/u);
    assert.match(error.message, /incorrect syntax near 'FORM'/u);
    return true;
  });
});

test('a name that no FROM gives is a 400 that names it', async () => {
  const items = await jobs();

  await assert.rejects(
    answersOf(items, 'SELECT * FROM c WHERE a.n = 1'),
    /SC2001.*Identifier 'a' could not be resolved/u,
  );
});
