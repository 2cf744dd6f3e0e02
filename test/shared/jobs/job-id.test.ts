import fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { epochOf, isJobId, messageIdOf } from '../../../shared/jobs/job-id.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const alphabet = 'abcXYZ019._:-'.split('');
const jobId = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 6 }),
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 105, maxLength: 128 }),
    // Looks like what stands for a long id, or like an id with an epoch.
    fc.constantFrom(sha256('a'), sha256('b'), 'a.1', 'a:1', 'a-1'),
  )
  .filter(isJobId);
const job = fc.record({
  id: jobId,
  epoch: fc.oneof(fc.nat(2), fc.nat()),
  digest: fc.constantFrom('a', 'b', 'c').map(sha256),
});

test('two messages have one id only when job, epoch and body are the same', () => {
  fc.assert(
    fc.property(job, job, (one, other) => {
      const isSame = one.id === other.id && one.epoch === other.epoch && one.digest === other.digest;
      assert.equal(messageIdOf(one, sha256) === messageIdOf(other, sha256), isSame);
    }),
    { numRuns: 2000 },
  );
});

test('two jobs with ids of 128 characters and the same body have messages of their own', () => {
  const digest = sha256('body');
  const [one, other] = ['a', 'b'].map((end) => messageIdOf({ id: 'x'.repeat(127) + end, epoch: 0, digest }, sha256));

  assert.notEqual(one, other);
});

test('a message id is never longer than Service Bus takes', () => {
  fc.assert(
    fc.property(job, (one) => {
      assert.ok(messageIdOf(one, sha256).length <= 128);
    }),
  );
});

test('a message’s epoch is what its id says as well, and that of another sender’s is 0', () => {
  fc.assert(
    fc.property(job, (one) => {
      assert.equal(epochOf(messageIdOf(one, sha256), one.epoch), one.epoch);
    }),
  );
  for (const [messageId, told] of [
    ['order-17', 1_000_000],
    [undefined, 3],
    ['a~3~0123456789ab', 4],
    ['a~3~0123456789ab', undefined],
    ['a~03~0123456789ab', 3],
    ['a~1e3~0123456789ab', 1000],
  ]) {
    assert.equal(epochOf(messageId, told), 0, String(messageId));
  }
});

test('an id is 1 to 128 characters of the closed alphabet, and no dot segment (S1)', () => {
  for (const id of ['a', '..a', 'A-1_b:c.d', 'x'.repeat(128)]) {
    assert.ok(isJobId(id), id);
  }
  for (const id of ['', '.', '..', 'a/b', 'a~b', 'a b', 'ä', 'a\n', 'x'.repeat(129), 7, null, undefined]) {
    assert.ok(!isJobId(id), String(id));
  }
});
