import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockBound } from '../../../shared/bucket/clock-bound.ts';

/** A service whose clock is `offsetMs` ahead of ours, and answers after half of the round trip, more or less. */
function answerOf(offsetMs: number, sentMs: number, way: { readonly there: number; readonly back: number }) {
  const writtenMs = sentMs + way.there + offsetMs;
  return { sentMs, receivedMs: sentMs + way.there + way.back, dateMs: Math.floor(writtenMs / 1000) * 1000 };
}

const way = fc.record({ there: fc.nat(60), back: fc.nat(60) });

test('C1: the true offset always lies within the error, however long the answers take', () => {
  const asked = fc.array(fc.record({ afterMs: fc.nat(5000), way }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: -1e7, max: 1e7 }), asked, (offsetMs, answers) => {
      const bound = new ClockBound();
      let now = 1_000_000;
      for (const { afterMs, way: taken } of answers) {
        now += afterMs;
        bound.add(answerOf(offsetMs, now, taken));
        now += taken.there + taken.back;
        const known = bound.offsetMs(now) ?? Number.NaN;
        assert.ok(Math.abs(known - offsetMs) <= bound.errorMs(now) + 1e-6);
      }
    }),
  );
});

test('C1: a clock that drifts within the allowance stays within the error', () => {
  fc.assert(
    fc.property(fc.double({ min: -1.9e-4, max: 1.9e-4, noNaN: true }), way, (driftPart, taken) => {
      const bound = new ClockBound();
      for (let now = 1_000_000; now < 4_600_000; now += 7013) {
        const offsetMs = 500 + (now - 1_000_000) * driftPart;
        bound.add(answerOf(offsetMs, now, taken));
        assert.ok(Math.abs((bound.offsetMs(now) ?? Number.NaN) - offsetMs) <= bound.errorMs(now) + 1);
      }
    }),
    { numRuns: 30 },
  );
});

test('C3: placed probes bring the error to tens of milliseconds within two turns of a second', () => {
  const phase = fc.record({ offsetMs: fc.integer({ min: -5000, max: 5000 }), startMs: fc.nat(1000), way });
  fc.assert(
    fc.property(phase, ({ offsetMs, startMs, way: taken }) => {
      const bound = new ClockBound();
      let now = 1_000_000 + startMs;
      const until = now + 2000;
      let probes = 0;
      for (let at = bound.nextProbeMs(now); at <= until; at = bound.nextProbeMs(now)) {
        bound.probed(at);
        bound.add(answerOf(offsetMs, at, taken));
        now = at + taken.there + taken.back;
        probes += 1;
        assert.ok(probes <= 60);
      }
      const tripMs = taken.there + taken.back;
      assert.ok(bound.errorMs(until) <= 20 + tripMs, `${bound.errorMs(until)} ms with a trip of ${tripMs} ms`);
    }),
  );
});

test('C2: one answer that contradicts is passed over, and a second one in a row begins anew', () => {
  const bound = new ClockBound();
  const fast = { there: 2, back: 2 };
  for (let now = 0; now < 3000; now += 130) {
    bound.add(answerOf(0, now, fast));
  }
  const before = bound.offsetMs(3000) ?? Number.NaN;

  bound.add(answerOf(60_000, 3100, fast));
  assert.ok(Math.abs((bound.offsetMs(3110) ?? Number.NaN) - before) < 1);
  bound.add(answerOf(60_000, 3200, fast));

  assert.ok(Math.abs((bound.offsetMs(3210) ?? Number.NaN) - 60_000) <= bound.errorMs(3210));
});

test('nothing is known before the first answer, and the first probe goes at once', () => {
  const bound = new ClockBound();
  assert.equal(bound.offsetMs(5), undefined);
  assert.equal(bound.errorMs(5), Number.POSITIVE_INFINITY);
  assert.equal(bound.nextProbeMs(5), 5);
});
