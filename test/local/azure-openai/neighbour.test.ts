import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { Neighbour } from '../../../local/azure-openai/limits/neighbour.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';
import type { NeighbourSettings } from '../../../local/azure-openai/settings.ts';

/** Cost a millisecond. */
const limit = 1_000_000 / 60_000;

function neighbour(settings: NeighbourSettings, seed = 1): Neighbour {
  const made = new Neighbour({ settings, random: seededRandom(seed), since: 1000, windowMs: 60_000 });
  made.follow(1000, limit);
  return made;
}

type Calls = readonly { readonly at: number; readonly cost: number }[];

/** Its calls, asked for at each of the times. */
function callsAt(made: Neighbour, times: readonly number[]): Calls {
  const calls: { at: number; cost: number }[] = [];
  for (const now of times) {
    for (let call = made.next(now); call !== undefined; call = made.next(now)) {
      calls.push(call);
    }
  }
  return calls;
}

/** Every second of five minutes. */
const seconds = Array.from({ length: 300 }, (_, second) => 1000 + second * 1000);

function costOf(calls: Calls): number {
  return calls.reduce((sum, { cost }) => sum + cost, 0);
}

describe('a neighbour', () => {
  test('N1: makes the same calls whenever it is asked', () => {
    const askedAt = fc.array(fc.integer({ min: 1000, max: 61_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer(), askedAt, (seed, times) => {
        const often = callsAt(neighbour({ share: 0.3 }, seed), [...times.sort((one, other) => one - other), 61_000]);
        assert.deepEqual(often, callsAt(neighbour({ share: 0.3 }, seed), [61_000]));
      }),
    );
  });

  test('calls in the order of time, at whole milliseconds that have come', () => {
    let last = 0;
    const made = neighbour({ share: 0.5 });
    for (const now of seconds) {
      for (const { at } of callsAt(made, [now])) {
        assert.ok(Number.isInteger(at) && at >= last && at <= now);
        last = at;
      }
    }
  });

  test('asks in the long run for its share, in calls between half and one and a half of the typical cost', () => {
    for (const seed of [1, 2, 3]) {
      const calls = callsAt(neighbour({ share: 0.3, costPerCall: 1000 }, seed), seconds);
      const share = costOf(calls) / (limit * 299_000);
      assert.ok(share > 0.27 && share < 0.33, `seed ${seed}: ${share}`);
      assert.ok(calls.every(({ cost }) => cost >= 500 && cost <= 1500));
    }
  });

  test('calls in its own time only', () => {
    const calls = callsAt(neighbour({ share: 1, fromMs: 10_000, forMs: 20_000 }), seconds);
    assert.ok(calls.length > 100);
    assert.ok(calls.every(({ at }) => at >= 11_000 && at <= 31_000));
  });

  test('with no share, or of no limit, never calls', () => {
    assert.deepEqual(callsAt(neighbour({ share: 0 }), seconds), []);
    const made = neighbour({ share: 1 });
    made.follow(1000, 0);
    assert.deepEqual(callsAt(made, seconds), []);
  });

  test('follows a limit that changes', () => {
    const made = neighbour({ share: 0.5 });
    const before = callsAt(made, seconds.slice(0, 150));
    made.follow(150_000, limit / 10);
    const after = callsAt(made, seconds.slice(150));
    assert.ok(costOf(after) < costOf(before) / 5, `${costOf(before)} then ${costOf(after)}`);
    assert.ok(after.length > 0);
  });

  test('that calls once in twenty windows is not silenced by being asked between', () => {
    const minutes = Array.from({ length: 6000 }, (_, minute) => minute * 60_000);
    const calls = callsAt(neighbour({ share: 0.05 / 1000, costPerCall: 1000 }), minutes);
    assert.ok(calls.length > 200 && calls.length < 400, String(calls.length));
  });

  test('N2: after long silence makes up no more than two windows', () => {
    const calls = callsAt(neighbour({ share: 0.3 }), [100_000_000]);
    assert.ok(calls.length > 0);
    assert.ok(calls.every(({ at }) => at >= 100_000_000 - 120_000));
  });
});
