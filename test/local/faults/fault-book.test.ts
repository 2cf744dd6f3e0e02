import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultBook, type FaultRate } from '../../../local/faults/fault-book.ts';

interface Named extends FaultRate {
  readonly name: string;
}

function book(seed = 1): FaultBook<Named> {
  return new FaultBook<Named>({ part: 'part', seed });
}

/** Which of so many takes met the fault of that name. */
function met(faults: FaultBook<Named>, name: string, times = 50): readonly boolean[] {
  return Array.from({ length: times }, () => faults.take((fault) => fault.name === name) !== undefined);
}

test('a fault is met as often as it counts, and its report stays', () => {
  const faults = book();
  const id = faults.add({ name: 'a', count: 2 });
  assert.deepEqual(met(faults, 'a', 4), [true, true, false, false]);
  assert.equal(faults.size, 0);
  assert.deepEqual(faults.list(), [{ name: 'a', count: 2, id, taken: 2, isActive: false }]);
});

test('the first fault that is meant is met', () => {
  const faults = book();
  faults.add({ name: 'first', count: 1 });
  faults.add({ name: 'second' });
  assert.deepEqual(
    [1, 2].map(() => faults.take(() => true)?.name),
    ['first', 'second'],
  );
});

test('a share is met by the same takes for the same seed, whatever other faults there are (F2)', () => {
  const alone = book();
  alone.add({ name: 'a', probability: 0.4 });
  const beside = book();
  beside.add({ name: 'a', probability: 0.4 });
  beside.add({ name: 'b', probability: 0.5 });
  const expected = met(alone, 'a');
  const interleaved = expected.map(() => {
    beside.take((fault) => fault.name === 'b');
    return beside.take((fault) => fault.name === 'a') !== undefined;
  });
  assert.deepEqual(interleaved, expected);
  assert.deepEqual(new Set(expected), new Set([true, false]));
  const other = book(2);
  other.add({ name: 'a', probability: 0.4 });
  assert.notDeepEqual(met(other, 'a'), expected);
});

test('a fault that was removed is met no more, and its id never comes again (F1)', () => {
  const faults = book();
  const first = faults.add({ name: 'a' });
  assert.equal(faults.remove(first), true);
  assert.equal(faults.remove(first), false);
  assert.deepEqual(met(faults, 'a', 2), [false, false]);
  faults.forget();
  assert.deepEqual(faults.list(), []);
  assert.notEqual(faults.add({ name: 'a' }), first);
});

test('some faults can be ended while others go on', () => {
  const faults = book();
  faults.add({ name: 'a' });
  faults.add({ name: 'b' });
  assert.equal(
    faults.clear(({ name }) => name === 'a'),
    1,
  );
  assert.deepEqual(
    faults.list().map(({ isActive }) => isActive),
    [false, true],
  );
});
