import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BinaryHeap } from '../../../local/service-bus/queues/binary-heap.ts';
import { ReadyList } from '../../../local/service-bus/queues/ready-list.ts';

test('a heap gives its items in order, and only those that were retained', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (items, limit) => {
      const heap = new BinaryHeap<number>((left, right) => left < right);
      for (const item of items) {
        heap.push(item);
      }
      heap.retain((item) => item <= limit);
      const taken: number[] = [];
      for (let item = heap.take(); item !== undefined; item = heap.take()) {
        taken.push(item);
      }
      assert.deepEqual(
        taken,
        items.filter((item) => item <= limit).toSorted((left, right) => left - right),
      );
    }),
  );
});

test('a ready list always gives the lowest sequence number, whatever was taken and came back', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('append', 'take', 'return'), { maxLength: 300 }), (steps) => {
      const list = new ReadyList();
      const model: number[] = [];
      const out: number[] = [];
      let next = 1;
      for (const step of steps) {
        const returned = step === 'return' ? out.pop() : undefined;
        if (step === 'append' || returned !== undefined) {
          const sequence = returned ?? next;
          next += returned === undefined ? 1 : 0;
          list.add(sequence);
          model.push(sequence);
          model.sort((left, right) => left - right);
        } else if (step === 'take') {
          const taken = list.take();
          assert.equal(taken, model.shift());
          out.push(...(taken === undefined ? [] : [taken]));
        }
        assert.equal(list.size, model.length);
      }
    }),
  );
});

test('a ready list of many messages can be emptied and filled again', () => {
  const list = new ReadyList();
  const taken: (number | undefined)[] = [];
  for (let sequence = 1; sequence <= 20_000; sequence += 1) {
    list.add(sequence);
  }
  for (let count = 0; count < 20_000; count += 1) {
    taken.push(list.take());
  }
  list.add(20_001);

  assert.deepEqual(
    taken,
    Array.from({ length: 20_000 }, (_, index) => index + 1),
  );
  assert.equal(list.take(), 20_001);
  assert.equal(list.take(), undefined);
});

test('a number that was removed is given no more, and the others in their order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1 }), fc.func(fc.boolean()), (sequences, isRemoved) => {
      const list = new ReadyList();
      for (const sequence of sequences) {
        list.add(sequence);
      }
      for (const sequence of sequences.filter((each) => isRemoved(each))) {
        list.remove(sequence);
      }
      const kept = sequences.filter((each) => !isRemoved(each)).toSorted((left, right) => left - right);
      assert.equal(list.size, kept.length);
      assert.deepEqual(
        kept.map(() => list.take()),
        kept,
      );
      assert.equal(list.take(), undefined);
    }),
  );
});
