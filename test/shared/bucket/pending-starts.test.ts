import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingStarts } from '../../../shared/bucket/pending-starts.ts';
import type { StartRequest, StartTurn } from '../../../shared/bucket/reservation.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';

function setting() {
  const clock = fakeClock(0);
  let isTimeKnown = true;
  const starts = new PendingStarts(clock, { look: () => undefined, isTimeKnown: () => isTimeKnown });
  const turns: { readonly name: string; readonly kind: StartTurn['kind']; readonly at: number }[] = [];
  const add = (name: string, startMs: number, cost = 100, more: Partial<StartRequest> = {}) => {
    const turn = ({ kind }: StartTurn): void => void turns.push({ name, kind, at: clock.now() });
    const request = { bucketId: 'east', cost, ...more };
    starts.add({ request, turn, reservation: { bucketId: 'east', cost, startMs, latestMs: startMs + 300 } });
    return turn;
  };
  const loseTime = (): void => {
    isTimeKnown = false;
  };
  return { clock, starts, turns, add, loseTime };
}

const high: StartRequest = { bucketId: 'east', cost: 100, priority: 'high' };

test('P1: every turn comes at its time, in the order of the times, whatever the order of the asking', async () => {
  const { clock, turns, add } = setting();
  add('late', 900);
  add('soon', 200);
  await clock.advance(100);
  add('middle', 500);

  await clock.advance(2000);

  assert.deepEqual(
    turns.map(({ name, at, kind }) => [name, at, kind]),
    [
      ['soon', 200, 'start'],
      ['middle', 500, 'start'],
      ['late', 900, 'start'],
    ],
  );
});

test('P1: a start that the process slept through is given up', async () => {
  const { turns, add, clock } = setting();
  await clock.advance(1000);
  add('missed', 600);
  await clock.settle();

  assert.deepEqual(turns, [{ name: 'missed', kind: 'again', at: 1000 }]);
});

test('B2: no start comes while the time is not known', async () => {
  const { turns, add, clock, loseTime } = setting();
  add('unsure', 600);
  loseTime();
  await clock.advance(1000);

  assert.deepEqual(turns, [{ name: 'unsure', kind: 'again', at: 600 }]);
});

test('P2: a job of high priority takes the earliest start that covers its cost, the smallest of those', async () => {
  const { starts, turns, add } = setting();
  add('too small', 1000, 99);
  add('large', 1100, 5000);
  add('fitting', 1200, 120);
  add('later', 4000, 100);

  const taken = starts.displace(high, 10_000);

  assert.deepEqual([taken?.startMs, taken?.cost], [1200, 120]);
  assert.deepEqual(turns, [{ name: 'fitting', kind: 'again', at: 0 }]);
});

test('nothing is taken from another of high priority, nor when that gains nothing', () => {
  const { starts, turns, add } = setting();
  add('high too', 1000, 200, { priority: 'high' });
  add('normal', 3000, 200);

  assert.equal(starts.displace(high, 3100), undefined);
  assert.deepEqual(turns, []);
});

test('starts before a time, or all, can be taken back', async () => {
  const { starts, turns, add, clock } = setting();
  add('a', 1000);
  add('b', 2000);
  add('c', 3000);

  starts.withdraw(2500);
  await clock.advance(5000);

  assert.deepEqual(
    turns.map(({ name, kind }) => [name, kind]),
    [
      ['a', 'again'],
      ['b', 'again'],
      ['c', 'start'],
    ],
  );
});

test('a job that has left is not told any more', async () => {
  const { starts, turns, add, clock } = setting();
  const turn = add('left', 1000);
  add('stays', 1000);

  starts.remove(turn);
  await clock.advance(2000);

  assert.deepEqual(
    turns.map(({ name }) => name),
    ['stays'],
  );
});
