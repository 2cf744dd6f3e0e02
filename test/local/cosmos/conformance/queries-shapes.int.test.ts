import type { JSONValue } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersOf, inAnyOrder, pagesOf, sharedItems } from './query-items.ts';

/** Three products with lists in them; what is asked for and answered follows learn.microsoft.com/azure/cosmos-db/nosql/query. */
const products = sharedItems([
  {
    id: 'coat',
    name: 'Snow coat',
    price: 25,
    tags: ['winter', 'outerwear'],
    sizes: [
      { name: 'S', count: 4 },
      { name: 'M', count: 9 },
    ],
  },
  { id: 'glove', name: 'Winter glove', price: 10, tags: ['winter'], sizes: [{ name: 'M', count: 2 }], discount: null },
  { id: 'tent', name: "Hiker's tent 20%", price: '99', tags: [], address: { city: 'Zürich', 'post code': 8001 } },
]);

const facts: readonly (readonly [query: string, expected: readonly JSONValue[]])[] = [
  [
    'SELECT c.id, t AS tag FROM c JOIN t IN c.tags',
    [
      { id: 'coat', tag: 'outerwear' },
      { id: 'coat', tag: 'winter' },
      { id: 'glove', tag: 'winter' },
    ],
  ],
  [
    'SELECT VALUE s.name || t FROM c JOIN s IN c.sizes JOIN t IN c.tags WHERE s.count > 3',
    ['Mouterwear', 'Mwinter', 'Souterwear', 'Swinter'],
  ],
  ['SELECT VALUE s.count FROM s IN c.sizes', [2, 4, 9]],
  ['SELECT * FROM c.address', [{ city: 'Zürich', 'post code': 8001 }]],
  ['SELECT VALUE address.city FROM c.address', ['Zürich']],
  ["SELECT VALUE c.id FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = 'winter')", ['coat', 'glove']],
  [
    'SELECT c.id, stock.total FROM c JOIN (SELECT SUM(s.count) AS total FROM s IN c.sizes) AS stock',
    [
      { id: 'coat', total: 13 },
      { id: 'glove', total: 2 },
      { id: 'tent', total: 0 },
    ],
  ],
  [
    "SELECT c.id, u.text FROM c JOIN u IN (SELECT VALUE [{key: 'S', text: 'small'}, {key: 'M', text: 'medium'}]) JOIN s IN c.sizes WHERE s.name = u.key",
    [
      { id: 'coat', text: 'medium' },
      { id: 'coat', text: 'small' },
      { id: 'glove', text: 'medium' },
    ],
  ],
  ['SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE s FROM s IN c.sizes WHERE s.count > 5)', ['coat']],
  ['SELECT VALUE EXISTS(SELECT VALUE undefined) FROM c WHERE c.id = "tent"', [false]],
  [
    'SELECT c.id, ARRAY(SELECT VALUE s.name FROM s IN c.sizes WHERE s.count > 3) AS plenty FROM c',
    [
      { id: 'coat', plenty: ['S', 'M'] },
      { id: 'glove', plenty: [] },
      { id: 'tent', plenty: [] },
    ],
  ],
  ['SELECT VALUE c.id FROM c WHERE (SELECT VALUE COUNT(1) FROM t IN c.tags) >= 1', ['coat', 'glove']],
  [
    'SELECT c.id, (SELECT c.name WHERE CONTAINS(c.name, "glove")).name FROM c',
    [{ id: 'coat' }, { id: 'glove', name: 'Winter glove' }, { id: 'tent' }],
  ],
  ["SELECT VALUE c.id FROM c WHERE c.name LIKE '%winter%' OR c.name LIKE 'Snow _oat'", ['coat']],
  ["SELECT VALUE c.id FROM c WHERE c.name LIKE '%20^%%' ESCAPE '^'", ['tent']],
  ["SELECT VALUE c.id FROM c WHERE c.name NOT LIKE '%[r-t] [a-g2]%'", ['coat']],
  ['SELECT VALUE c.id FROM c WHERE c.price > 9', ['coat', 'glove']],
  ['SELECT VALUE c.id FROM c WHERE c.price = "99" OR c.price BETWEEN 20 AND 30', ['coat', 'tent']],
  ['SELECT VALUE c.id FROM c WHERE IS_NULL(c.discount) AND IS_DEFINED(c.discount)', ['glove']],
  ['SELECT VALUE c.discount ?? "none" FROM c', ['none', 'none', null]],
  ['SELECT VALUE (c.price > 20 ? "dear" : "cheap") FROM c', ['cheap', 'cheap', 'dear']],
  ['SELECT VALUE c.address["post code"] FROM c', [8001]],
  ['SELECT VALUE [c.id, c.none, {"p": c.price, "n": c.none}] FROM c WHERE c.id = "coat"', [['coat', { p: 25 }]]],
  [
    "SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.sizes, {name: 'M', count: 2}) OR ARRAY_CONTAINS(c.sizes, {count: 9}, true)",
    ['coat', 'glove'],
  ],
  ['SELECT VALUE c.id FROM c WHERE c.id IN ("coat", "tent") AND c.id != "tent"', ['coat']],
  ['SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags', ['outerwear', 'winter']],
  [
    'SELECT t AS tag, COUNT(1) AS items FROM c JOIN t IN c.tags GROUP BY t',
    [
      { items: 1, tag: 'outerwear' },
      { items: 2, tag: 'winter' },
    ],
  ],
];

for (const [query, expected] of facts) {
  test(`is answered: ${query}`, async () => {
    assert.deepEqual(inAnyOrder(await answersOf(await products(), query)), expected);
  });
}

test('a scalar subquery with several values is refused', async () => {
  const items = await products();

  await assert.rejects(
    answersOf(items, 'SELECT (SELECT VALUE t FROM t IN c.tags) FROM c'),
    /cardinality of a scalar subquery result set cannot be greater than one/u,
  );
});

test('the rows of a join are paged, also in the midst of an item', async () => {
  const items = await products();
  const query = 'SELECT c.id, s.name, t FROM c JOIN s IN c.sizes JOIN t IN c.tags';
  const whole = await answersOf(items, query);

  const pages = await pagesOf(items, query, { maxItemCount: 1 });

  assert.equal(whole.length, 5);
  assert.deepEqual(pages.flat(), whole);
});

test('the rows of a join are ordered by the item', async () => {
  const items = await products();

  const answers = await answersOf(items, 'SELECT VALUE c.id || t FROM c JOIN t IN c.tags ORDER BY c.id DESC');

  assert.deepEqual(inAnyOrder(answers.slice(1)), ['coatouterwear', 'coatwinter']);
  assert.equal(answers[0], 'glovewinter');
});

test('SELECT * over a join is refused', async () => {
  const items = await products();

  await assert.rejects(answersOf(items, 'SELECT * FROM c JOIN t IN c.tags'), /only valid with a single input set/u);
});
