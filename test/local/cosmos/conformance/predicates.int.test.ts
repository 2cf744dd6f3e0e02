import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, patch } from '../open-cosmos.ts';
import { openContainer } from './endpoint.ts';

const item = {
  id: 'a',
  n: 5,
  price: 2.5,
  state: 'Queued',
  tags: ['red', 'green'],
  lines: [
    { sku: 'x', count: 1 },
    { sku: 'y', count: 3 },
  ],
  nested: { deep: { level: 1 }, 'odd name': true },
  none: null,
  done: false,
};

const holding = [
  'c.n = 5',
  'c.n != 4 AND c.n <> 3',
  'c.n > 4 AND c.n >= 5 AND c.n < 6 AND c.n <= 5',
  'c.n + 1 = 6 AND c.n * 2 - 3 = 7 AND c.n / 2 = 2.5 AND c.n % 3 = 2',
  '(c.n & 4) = 4 AND (c.n | 2) = 7 AND (c.n ^ 1) = 4',
  "c.state = 'Queued' AND NOT c.done",
  "c.state IN ('Running', 'Queued')",
  "c.state NOT IN ('Running')",
  'c.n BETWEEN 1 AND 5',
  'c.n NOT BETWEEN 6 AND 9',
  "c.state LIKE 'Que%'",
  "c.state NOT LIKE '%x%'",
  'c.nested.deep.level = 1',
  'c["nested"]["odd name"]',
  'c.tags[1] = "green"',
  'c.none = null AND IS_NULL(c.none)',
  'NOT IS_DEFINED(c.missing)',
  '(c.missing ?? 7) = 7',
  '(c.n > 3 ? "many" : "few") = "many"',
  "c.state || '!' = 'Queued!'",
  'IS_NUMBER(c.n) AND IS_STRING(c.state) AND IS_BOOL(c.done) AND IS_ARRAY(c.tags) AND IS_OBJECT(c.nested)',
  "ARRAY_CONTAINS(c.tags, 'red')",
  "ARRAY_CONTAINS(c.lines, { sku: 'y' }, true)",
  'ARRAY_LENGTH(c.tags) = 2',
  "STARTSWITH(c.state, 'que', true) AND ENDSWITH(c.state, 'ed') AND CONTAINS(c.state, 'ueu')",
  "UPPER(c.state) = 'QUEUED' AND LOWER(c.state) = 'queued' AND LENGTH(c.state) = 6",
  'ROUND(c.price) = 3 AND FLOOR(c.price) = 2 AND CEILING(c.price) = 3 AND ABS(-c.n) = 5',
  'EXISTS (SELECT VALUE line FROM line IN c.lines WHERE line.count > 2)',
  "NOT EXISTS (SELECT VALUE tag FROM tag IN c.tags WHERE tag = 'blue')",
  "c._ts > 0 AND IS_STRING(c._etag) AND c.id = 'a'",
];

for (const condition of holding) {
  test(`the predicate of a patch may be: ${condition}`, async (t) => {
    const items = await openContainer(t);
    await items.items.create(item);
    const body = (where: string) => ({
      operations: [{ op: 'incr' as const, path: '/patched', value: 1 }],
      condition: `from c where ${where}`,
    });

    const { item: patched } = await patch(items, 'a', body(condition));

    assert.equal(patched?.['patched'], 1);
    await assert.rejects(patch(items, 'a', body(`NOT (${condition})`)), { code: 412 });
  });
}

test('a predicate that is undefined does not hold', async (t) => {
  const items = await openContainer(t);
  await items.items.create(item);

  for (const condition of ['c.missing = 1', 'NOT (c.missing = 1)', "c.n > 'text'"]) {
    await assert.rejects(
      patch(items, 'a', { operations: [{ op: 'remove', path: '/n' }], condition: `from c where ${condition}` }),
      { code: 412 },
      condition,
    );
  }
});

test('the item has the name in a predicate that is given behind FROM', async (t) => {
  const items = await openContainer(t);
  await items.items.create(item);

  await patch(items, 'a', {
    operations: [{ op: 'set', path: '/state', value: 'Running' }],
    condition: "FROM jobs job WHERE job.state = 'Queued'",
  });
});

test('a predicate that cannot be read is refused with 400, and nothing is changed', async (t) => {
  const items = await openContainer(t);
  const { etag } = await items.items.create(item);
  const conditions = ['c.n = 5', 'from c where', 'from c where c.n ~ 1', 'from c where NOTHING(c.n)'];

  for (const condition of conditions) {
    const refusal = await patch(items, 'a', { operations: [{ op: 'incr', path: '/n', value: 1 }], condition }).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.equal(codeOf(refusal), 400, condition);
  }
  assert.equal((await items.item('a', 'a').read()).etag, etag);
});
