import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectivePartitionKey, isInRange } from '../../../local/cosmos/containers/effective-partition-key.ts';

/** What `hashMultiHashPartitionKey` of `@azure/cosmos` 4.10.1 computes. */
const places = [
  ['"a"', '3A5381E1114EB8D3FCC90795045B49B7'],
  ['1', '20CD98B339BA78A5D0CF6953B87070B0'],
  ['null', '378867E4430E67857ACE5C908374FE16'],
  ['{}', '11622DAA78F835834610ABE56EFF5CB5'],
  ['true,false', '0E711127C5B5A8E4726AC6DD306A3E592FE1BE91E90A3439635E0E9E37361EF2'],
  ['"tenant","user"', '3B67F777541374F849FC7793DE5DF9150B6EF6150874C10CFFB0A77F53F6B0A3'],
  ['"xxxxxxxxxxxxxxxx"', '0BE09FB42A423996BAA4B9E2F43C323A'],
] as const;

for (const [key, place] of places) {
  test(`the key ${key} has its place where the SDK looks for it`, () => {
    assert.equal(effectivePartitionKey(key), place);
  });
}

test('the keys below a prefix lie in the range that begins with its hash', () => {
  const start = effectivePartitionKey('"tenant"');
  const range = { start, end: `${start}FF` };

  assert.equal(isInRange('"tenant","user"', range), true);
  assert.equal(isInRange('"other","user"', range), false);
});
