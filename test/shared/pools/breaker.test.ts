import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Breaker,
  isProbedBy,
  probeDueAt,
  probeFailed,
  probeSucceeded,
  releaseProbe,
  renewProbe,
  standingOf,
  takeProbe,
  tripBreaker,
  type Trouble,
} from '../../../shared/pools/breaker.ts';

const trouble: Trouble = { kind: 'open', code: 'http_500', message: 'The server had an error.', remedy: 'Wait.' };
const wrongKey: Trouble = { kind: 'misconfigured', code: '401', message: 'Access denied.', remedy: 'Mend the key.' };
const id = 'breaker:east:mini';

function tripped(changes: Partial<Parameters<typeof tripBreaker>[1]> = {}, before?: Breaker): Breaker {
  const breaker = tripBreaker(before, { id, now: 0, random: 0, trouble, ...changes });
  assert.ok(breaker !== undefined);
  return breaker;
}

function probed(breaker: Breaker, owner: string, now: number): Breaker {
  const next = takeProbe(breaker, { owner, now });
  assert.ok(next !== undefined);
  return next;
}

test('a deployment without a breaker is available, and one that tripped is not until a probe is due', () => {
  assert.equal(standingOf(undefined, 0), 'available');
  const breaker = tripped();

  assert.partialDeepStrictEqual(breaker, { id, v: 1, state: 'open', since: 0, openings: 1 });
  assert.deepEqual(breaker.why, { code: 'http_500', message: 'The server had an error.', remedy: 'Wait.' });
  assert.equal(standingOf(breaker, 14_999), 'unavailable');
  assert.equal(standingOf(breaker, 15_000), 'probe-due');
});

test('an opening lasts half of its time to the whole, by chance', () => {
  assert.equal(tripped({ random: 0 }).until, 15_000);
  assert.equal(tripped({ random: 0.999_999 }).until, 30_000);
});

test('a fault of the configuration has a state of its own, and its remedy', () => {
  const breaker = tripped({ trouble: wrongKey });

  assert.partialDeepStrictEqual(breaker, { state: 'misconfigured', why: { remedy: 'Mend the key.' } });
  assert.equal(standingOf(breaker, 15_000), 'probe-due');
});

test('K1: one probe is given, and another only when its lease has lapsed', () => {
  const breaker = probed(tripped(), 'a', 15_000);

  assert.equal(standingOf(breaker, 15_000), 'unavailable');
  assert.equal(takeProbe(breaker, { owner: 'b', now: 44_999 }), undefined);
  const next = probed(breaker, 'b', 45_000);
  assert.ok(isProbedBy(next, 'b') && !isProbedBy(next, 'a'));
});

test('K1: no probe is given while an opening lasts, and none of a closed breaker', () => {
  assert.equal(takeProbe(tripped(), { owner: 'a', now: 14_999 }), undefined);
  assert.equal(takeProbe(undefined, { owner: 'a', now: 0 }), undefined);
  const closed = probeSucceeded(probed(tripped(), 'a', 15_000), { owner: 'a', now: 16_000 });
  assert.equal(takeProbe(closed, { owner: 'b', now: 20_000 }), undefined);
});

test('a lease is renewed by its owner when half of it is over', () => {
  const breaker = probed(tripped(), 'a', 15_000);

  assert.equal(renewProbe(breaker, { owner: 'a', now: 29_999 }), undefined);
  assert.equal(renewProbe(breaker, { owner: 'b', now: 40_000 }), undefined);
  assert.equal(renewProbe(breaker, { owner: 'a', now: 30_000 })?.probe?.until, 60_000);
});

test('K2: the probe that holds the lease closes the breaker, and nobody else does', () => {
  const breaker = probed(tripped(), 'a', 15_000);

  assert.equal(probeSucceeded(breaker, { owner: 'b', now: 16_000 }), undefined);
  const closed = probeSucceeded(breaker, { owner: 'a', now: 16_000 });
  assert.partialDeepStrictEqual(closed, { state: 'closed', since: 16_000 });
  assert.equal(closed?.probe, undefined);
  assert.equal(standingOf(closed, 16_000), 'available');
});

test('K2: a probe that fails opens the breaker again, in the state of what it met', () => {
  const breaker = probed(tripped(), 'a', 15_000);
  const failed = { now: 16_000, random: 0, trouble: wrongKey };

  assert.equal(probeFailed(breaker, { ...failed, owner: 'b' }), undefined);
  const again = probeFailed(breaker, { ...failed, owner: 'a' });
  assert.partialDeepStrictEqual(again, { state: 'misconfigured', openings: 2, until: 46_000, why: { code: '401' } });
  assert.equal(again?.probe, undefined);
});

test('a probe whose job cannot call leaves the breaker as it was, due at once', () => {
  for (const why of [trouble, wrongKey]) {
    const before = tripped({ trouble: why });
    const released = releaseProbe(probed(before, 'a', 15_000), { owner: 'a', now: 20_000 });

    assert.partialDeepStrictEqual(released, { state: before.state, openings: 1, until: 20_000 });
    assert.equal(standingOf(released, 20_000), 'probe-due');
  }
});

test('K4: calls that fail while the breaker is not closed change nothing', () => {
  const late = { id, now: 20_000, random: 0, trouble: wrongKey };

  assert.equal(tripBreaker(tripped(), late), undefined);
  assert.equal(tripBreaker(probed(tripped(), 'a', 15_000), late), undefined);
});

test('K5: openings in a row double to five minutes, and are forgotten after ten minutes closed', () => {
  let breaker = tripped();
  const lasted: number[] = [];
  for (let opening = 0; opening < 6; opening += 1) {
    lasted.push(breaker.until - breaker.since);
    const now = breaker.until;
    const failed = probeFailed(probed(breaker, 'a', now), { owner: 'a', now, random: 0, trouble });
    assert.ok(failed !== undefined);
    breaker = failed;
  }
  assert.deepEqual(lasted, [15_000, 30_000, 60_000, 120_000, 150_000, 150_000]);

  const now = breaker.until;
  const closed = probeSucceeded(probed(breaker, 'a', now), { owner: 'a', now });
  assert.equal(tripped({ now: now + 599_999 }, closed).openings, 8);
  assert.equal(tripped({ now: now + 600_000 }, closed).openings, 1);
});

test('K3: whatever is done to it, a breaker can be probed after five minutes, or is closed', () => {
  const step = fc.record({
    does: fc.constantFrom('trip', 'take', 'renew', 'succeed', 'fail', 'release'),
    owner: fc.constantFrom('a', 'b', 'c'),
    afterMs: fc.nat(400_000),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  const run = (
    { does, owner, random }: typeof step extends fc.Arbitrary<infer One> ? One : never,
    at: Breaker | undefined,
    now: number,
  ) => {
    switch (does) {
      case 'trip':
        return tripBreaker(at, { id, now, random, trouble });
      case 'take':
        return takeProbe(at, { owner, now });
      case 'renew':
        return renewProbe(at, { owner, now });
      case 'succeed':
        return probeSucceeded(at, { owner, now });
      case 'fail':
        return probeFailed(at, { owner, now, random, trouble });
      case 'release':
        return releaseProbe(at, { owner, now });
    }
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let breaker: Breaker | undefined;
      let now = 0;
      for (const one of steps) {
        now += one.afterMs;
        breaker = run(one, breaker, now) ?? breaker;
        assert.ok(standingOf(breaker, now) === 'available' || standingOf(breaker, now + 300_000) === 'probe-due');
        assert.ok(breaker === undefined || (breaker.state === 'half-open') === (breaker.probe !== undefined));
        assert.ok(breaker === undefined || probeDueAt(breaker) <= now + 300_000);
      }
    }),
  );
});
