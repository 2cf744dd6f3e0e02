import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  indexedTerms,
  insertCharge,
  patchCharge,
  queryCharge,
  readCharge,
  refusedCharge,
  replaceCharge,
} from '../../../local/cosmos/containers/request-charge.ts';

const kilobyte = 1024;
const terms = (...names: string[]): ReadonlySet<string> => new Set(names);

test('a read costs by size: 1 RU up to 1 KB, the published figures at the sizes of the table', () => {
  assert.deepEqual([10, kilobyte, 4 * kilobyte, 128 * kilobyte].map(readCharge), [1, 1, 1.14, 9.95]);
});

test('between two sizes of the table the price is in between', () => {
  assert.equal(readCharge(96 * kilobyte), 7.36);
});

test('a create costs the write of its size and a fifth of a unit for each indexed term', () => {
  assert.equal(insertCharge({ bytes: kilobyte, terms: terms() }), 4.95);
  assert.equal(insertCharge({ bytes: kilobyte, terms: terms('a', 'b', 'c', 'd', 'e') }), 5.95);
});

test('a replace costs both versions and the terms that changed', () => {
  const before = { bytes: kilobyte, terms: terms('state=1', 'batch=1') };
  const after = { bytes: 2 * kilobyte, terms: terms('state=2', 'batch=1') };

  assert.equal(replaceCharge(before, after), 11.64);
});

test('a patch costs a replace and something for each operation', () => {
  const unindexed = { bytes: kilobyte, terms: terms() };

  assert.equal(patchCharge(unindexed, unindexed, 2), 10.7);
});

test('a refused write costs about a read of the item in the way', () => {
  assert.equal(refusedCharge(kilobyte), 1.24);
});

test('a query costs what it loads, and what no index spares it', () => {
  assert.equal(queryCharge({ items: 0, bytes: 0, scanned: 0 }), 2.26);
  assert.equal(queryCharge({ items: 10, bytes: 10 * kilobyte, scanned: 10 }), 2.56);
  assert.equal(queryCharge({ items: 10, bytes: 10 * kilobyte, scanned: 1010 }), 12.56);
});

test('terms are the scalars below the indexed paths', () => {
  const item = { id: 'a', state: 'queued', tags: ['x', 'y', 'x'], usage: { prompt: 1, completion: 2 } };

  assert.equal(indexedTerms(item, []).size, 0);
  assert.deepEqual([...indexedTerms(item, ['/state/?', '/none/?'])], ['/state="queued"']);
  assert.equal(indexedTerms(item, ['/usage/*', '/tags/[]/?']).size, 4);
  assert.equal(indexedTerms(item, undefined).size, 6);
});
