import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterHints, type FilterHint } from '../../../local/cosmos/query/filter-hints.ts';
import { parsePredicate } from '../../../local/cosmos/query/parse-query.ts';

function hints(condition: string): readonly FilterHint[] {
  const { where } = parsePredicate(`FROM c WHERE ${condition}`);
  return filterHints(where, { parameters: new Map([['@batch', 'b1']]), alias: 'c' });
}

test('equalities and lists of constants that must be met narrow a query', () => {
  assert.deepEqual(hints('c.batch = @batch AND (1 = c.n AND c.a.b IN ("x", null))'), [
    { kind: 'values', path: ['batch'], values: ['b1'] },
    { kind: 'values', path: ['n'], values: [1] },
    { kind: 'values', path: ['a', 'b'], values: ['x', null] },
  ]);
});

test('ranges narrow with their bounds inside', () => {
  assert.deepEqual(hints('c.created > 5 AND 9 > c.created AND c.id BETWEEN "a" AND "b"'), [
    { kind: 'bound', path: ['created'], operator: '>=', bound: 5 },
    { kind: 'bound', path: ['created'], operator: '<=', bound: 9 },
    { kind: 'bound', path: ['id'], operator: '>=', bound: 'a' },
    { kind: 'bound', path: ['id'], operator: '<=', bound: 'b' },
  ]);
});

test('what need not be met, or another engine may see otherwise, narrows nothing', () => {
  for (const condition of [
    'c.a = 1 OR c.b = 2',
    'NOT (c.a = 1)',
    'c.a = c.b',
    'c.a = 1.5',
    'c.a = @unknown',
    'c.a > "é"',
    'c.a[0] = 1',
    'c.a != 1',
    'LOWER(c.a) = "x"',
  ]) {
    assert.deepEqual(hints(condition), [], condition);
  }
});
