import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jainIndex } from '../../../bench/simulation/jain-index.ts';

test('equal shares give 1, and everything for one of n gives 1/n', () => {
  assert.equal(jainIndex([7, 7, 7, 7]), 1);
  assert.equal(jainIndex([0, 9, 0, 0]), 0.25);
  assert.equal(jainIndex([3, 1]), 0.8);
  assert.equal(jainIndex([0, 0]), 1);
});

test('the index lies between 1/n and 1 and does not depend on the unit', () => {
  const shares = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(shares, (given) => {
      const index = jainIndex(given);
      assert.ok(index >= 1 / given.length - 1e-9 && index <= 1 + 1e-9);
      assert.ok(Math.abs(index - jainIndex(given.map((share) => share * 60))) < 1e-9);
    }),
  );
});
