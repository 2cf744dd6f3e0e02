import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../../local/cosmos/json.ts';
import { openPredicateCache } from '../../../local/cosmos/query/compile-predicate.ts';
import { QueryError } from '../../../local/cosmos/query/query-error.ts';

const item: Json = {
  id: 'gpt-4o',
  head: 12,
  epoch: 3,
  name: 'Écho',
  nothing: null,
  open: true,
  tokens: { total: 900, snaps: [10, 20, 30, 40] },
  tags: ['a', { kind: 'b', level: 2 }],
  'odd name': 'x',
};

const compile = openPredicateCache();

function holds(condition: string): boolean {
  return compile(`from c where ${condition}`)(item);
}

const truths = [
  'c.head = 12 and c.epoch = 3 and c.tokens.total <= 900',
  'c.tokens.snaps[3] + 1000 - 100 >= c.tokens.total',
  'c.tokens.total + 10 <= c.tokens.snaps[0] + 900',
  'c["odd name"] = "x"',
  "c.name = '\\u00c9cho'",
  'c.head > 11 AND c.head < 13 AND c.head != 13 AND c.head <> 13',
  'c.head IN (1, 12) and c.head NOT IN (1, 2)',
  'c.head BETWEEN 12 AND 12 and c.head NOT BETWEEN 1 AND 11',
  'IS_DEFINED(c.nothing) and IS_NULL(c.nothing) and NOT IS_DEFINED(c.missing)',
  'c.nothing = null and c.head != null',
  "STARTSWITH(c.id, 'GPT', true) and CONTAINS(c.id, '4') and ENDSWITH(c.id, 'o')",
  "LOWER(c.name) = 'écho' and UPPER(c.id) = 'GPT-4O'",
  "ARRAY_CONTAINS(c.tags, 'a') and ARRAY_CONTAINS(c.tags, {kind: 'b'}, true)",
  'c.tags = ["a", {"level": 2, "kind": "b"}]',
  'ARRAY_LENGTH(c.tokens.snaps) = 4 and LENGTH(c.id) = 6',
  'c.head % 5 = 2 and c.head * 2 = 24 and c.head / 2 = 6 and -c.head = -12',
  "(c.missing ?? 'x') = 'x' and (c.open ? 1 : 2) = 1",
  "c.id || '!' = 'gpt-4o!'",
  'c.open and not (c.head = 1)',
  'c.head = 12 or c.missing = 1',
  'c.head = 1 or c.epoch = 3 and c.head = 12',
  "c.id LIKE 'gpt-_o' and c.id NOT LIKE 'gpt'",
  "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.kind = 'b')",
  '(c.head & 4) = 4 and (c.head | 1) = 13 and (c.head ^ 8) = 4 and ~c.head = -13',
  'c.head << 1 = 24 and c.head >> 2 = 3 and -1 >>> 28 = 15',
] as const;

for (const condition of truths) {
  test(`holds: ${condition}`, () => {
    assert.equal(holds(condition), true);
  });
}

const untruths = [
  'c.head = 11',
  "c.head = '12'",
  'c.missing = 1',
  'c.missing != 1',
  'NOT (c.missing = 1)',
  "c.head < 'a'",
  'c.tags < c.tags',
  'c.missing = undefined',
  'c.tokens.snaps[4] = 1',
  "c.tokens['snaps']['0'] = 10",
  'c.missing = 1 and c.head = 12',
  'c.head',
  "ARRAY_CONTAINS(c.tags, {kind: 'b'})",
  'c.head + c.id = 12',
] as const;

for (const condition of untruths) {
  test(`does not hold: ${condition}`, () => {
    assert.equal(holds(condition), false);
  });
}

test('an alias other than c names the item', () => {
  assert.equal(compile('FROM buckets b WHERE b.head = 12')(item), true);
});

const refusals = [
  ['from c where c.head = ', /incorrect syntax near the end/u],
  ['from c where d.head = 1', /Identifier 'd' could not be resolved/u],
  ['from c where NOT c.head = 1', /write NOT \(…\)/u],
  ['from c where udf.f(c.head)', /user defined functions/u],
  ['from c where SOUNDEX(c.id) = 1', /'SOUNDEX' is not a function/u],
  ['from c where c.head & 1 = 1', /bit operator/u],
  ['from c where EXISTS(SELECT VALUE t FROM t IN d.tags)', /Identifier 'd' could not be resolved/u],
  ['from c where COUNT(1) = 1', /aggregate is not allowed/u],
  ['from c where c.head = 12; drop', /invalid token ';'/u],
  ['from c join d in c.tags where c.head = 12', /JOIN/u],
  ['c.head = 12', /incorrect syntax near 'c'/u],
] as const;

for (const [predicate, message] of refusals) {
  test(`is refused: ${predicate}`, () => {
    assert.throws(() => compile(predicate), { name: 'QueryError', message });
  });
}

test('a division by zero refuses the predicate, as in the service', () => {
  assert.throws(
    () => holds('c.head / 0 = 1'),
    (error: unknown) => error instanceof QueryError && error.code === '4001',
  );
});
