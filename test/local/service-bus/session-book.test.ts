import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Consumer } from '../../../local/service-bus/connections/consumer.ts';
import { SessionBook, type SessionHold } from '../../../local/service-bus/queues/session-book.ts';

function holdOf(session: string): SessionHold {
  return { session, linkName: 'link', locks: new Set(), untilMs: 1, lost: () => undefined };
}

function consumerOf(hold: SessionHold, credit = Number.POSITIVE_INFINITY): Consumer {
  let left = credit;
  return {
    presettled: false,
    hold,
    draining: false,
    capacity: () => left,
    reserve: () => {
      left -= 1;
    },
    deliver: () => true,
    answerDrain: () => undefined,
  };
}

function take(book: SessionBook, session: string): (number | undefined)[] {
  const hold = holdOf(session);
  book.hold(hold);
  book.attach(hold, consumerOf(hold));
  const taken: (number | undefined)[] = [];
  while (book.readyFor(hold) > 0) {
    taken.push(book.take()?.sequence);
  }
  book.release(hold);
  return taken;
}

test('the session that has waited longest is the next (S2)', () => {
  const book = new SessionBook();
  book.add('b', 1);
  book.add('a', 2);
  book.add('b', 3);
  const b = holdOf('b');

  assert.equal(book.nextFree(), 'b');
  book.hold(b);
  assert.equal(book.nextFree(), 'a');
  book.release(b);

  assert.equal(book.nextFree(), 'a');
  book.hold(holdOf('a'));
  assert.equal(book.nextFree(), 'b');
});

test('a session without messages and without a receiver is not known, and not free', () => {
  const book = new SessionBook();
  book.add('a', 1);
  book.remove('a', 1);
  const hold = holdOf('a');
  book.hold(hold);

  assert.equal(book.nextFree(), undefined);
  assert.equal(book.readyCount, 0);
  assert.equal(book.holdOf('a'), hold);
  assert.ok(book.release(hold));
  assert.ok(!book.release(hold));
  assert.equal(book.holdOf('a'), undefined);
});

test('messages of a session leave by their sequence numbers, each once, those of others stay (S3)', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1 }), fc.nat(2), (sequences, chosen) => {
      const book = new SessionBook();
      const sessionOf = (sequence: number): string => `s${sequence % 3}`;
      for (const sequence of sequences) {
        book.add(sessionOf(sequence), sequence);
      }
      const own = sequences.filter((sequence) => sessionOf(sequence) === `s${chosen}`);

      assert.deepEqual(
        take(book, `s${chosen}`),
        own.toSorted((left, right) => left - right),
      );
      assert.equal(book.readyCount, sequences.length - own.length);
    }),
  );
});

test('receivers of several sessions are served in turns, as far as their credit goes', () => {
  const book = new SessionBook();
  for (const [session, credit] of [
    ['a', 2],
    ['b', 1],
    ['c', 0],
  ] as const) {
    const hold = holdOf(session);
    book.hold(hold);
    book.attach(hold, consumerOf(hold, credit));
    book.add(session, 1);
    book.add(session, 2);
  }

  const taken: unknown[] = [];
  for (let next = book.take(); next !== undefined; next = book.take()) {
    next.consumer.reserve();
    taken.push([next.consumer.hold?.session, next.sequence]);
  }

  assert.deepEqual(taken, [
    ['a', 1],
    ['b', 1],
    ['a', 2],
  ]);
});

test('a receiver that no longer holds the session gets nothing', () => {
  const book = new SessionBook();
  const old = holdOf('a');
  book.hold(old);
  book.release(old);
  book.hold(holdOf('a'));
  book.add('a', 1);

  book.attach(old, consumerOf(old));

  assert.equal(book.take(), undefined);
  assert.equal(book.readyFor(old), 0);
});
