import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  admittedCost,
  callsRepeated,
  fullestWindow,
  jainIndex,
  type LimitStep,
  limitOver,
  makespanRatio,
  type MeasuredCall,
  meanFullness,
  shareOfInterval,
  throttledWithin,
} from '../../../bench/pacing/measure.ts';

const minute = 60_000;
const steps: readonly LimitStep[] = [{ fromMs: 0, tokensPerMinute: 1000 }];

function admitted(at: number, cost: number, jobId = `${at}`): MeasuredCall {
  return { at, cost, isAdmitted: true, isThrottled: false, jobId };
}

function refused(at: number, cost: number): MeasuredCall {
  return { at, cost, isAdmitted: false, isThrottled: true, jobId: `${at}` };
}

test('an interval holds its first instant and not its last, and no refused call', () => {
  const calls = [admitted(0, 1), admitted(9, 10), admitted(10, 100), refused(5, 1000)];

  assert.equal(admittedCost(calls, { fromMs: 0, toMs: 10 }), 11);
});

const whole = { fromMs: 0, toMs: 3 * minute };

test('the share of an interval is 1 for a burst every 61 s, the mean fullness of its windows is not', () => {
  const bursts = [0, 61, 122].map((second) => admitted(second * 1000, 1000));

  assert.equal(shareOfInterval(bursts, steps, whole), 1);
  const fullness = meanFullness(bursts, steps, { ...whole, windowMs: minute });
  assert.ok(fullness < 0.995 && fullness > 0.97, String(fullness));
});

test('calls at the rate of the limit fill every window, also across a change of it', () => {
  const halved = [...steps, { fromMs: minute, tokensPerMinute: 500 }];
  const even = Array.from({ length: 1800 }, (_, tenth) => admitted(tenth * 100 + 50, 1000 / 600));
  const slowed = even.map((call) => (call.at < minute ? call : { ...call, cost: call.cost / 2 }));

  assert.ok(Math.abs(meanFullness(even, steps, { ...whole, windowMs: minute }) - 1) < 1e-6);
  assert.ok(Math.abs(meanFullness(slowed, halved, { ...whole, windowMs: minute }) - 1) < 1e-6);
});

test('no mean fullness is above the fullest window', () => {
  const call = fc.record({ at: fc.integer({ min: -50_000, max: 250_000 }), cost: fc.integer({ min: 1, max: 900 }) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 60 }), (drawn) => {
      const calls = drawn.map(({ at, cost }, index) => admitted(at, cost, String(index)));
      const fullness = meanFullness(calls, steps, { ...whole, windowMs: minute });
      assert.ok(fullness <= fullestWindow(calls, steps, minute) + 1e-9);
    }),
  );
});

test('what a changing limit lets through is its integral', () => {
  const changing = [...steps, { fromMs: minute, tokensPerMinute: 500 }, { fromMs: 2 * minute, tokensPerMinute: 1000 }];

  assert.equal(limitOver(changing, { fromMs: 0, toMs: 3 * minute }), 2500);
  assert.equal(limitOver(changing, { fromMs: minute / 2, toMs: 1.5 * minute }), 750);
  assert.equal(limitOver(changing, { fromMs: 4 * minute, toMs: 5 * minute }), 1000);
});

test('the fullest window is found at any phase, and calls a whole window apart are not in one', () => {
  const apart = [admitted(0, 600), admitted(minute, 600)];
  const close = [admitted(0, 600), admitted(minute - 1, 600)];

  assert.equal(fullestWindow(apart, steps, minute), 0.6);
  assert.equal(fullestWindow(close, steps, minute), 1.2);
});

test('the fullest window is the fullest of all that end with a call', () => {
  const call = fc.record({ at: fc.integer({ min: 0, max: 200_000 }), cost: fc.integer({ min: 1, max: 900 }) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 40 }), (drawn) => {
      const calls = drawn.map(({ at, cost }, index) => admitted(at, cost, String(index)));
      const most = Math.max(
        ...calls.map(({ at }) => admittedCost(calls, { fromMs: at - minute + 1, toMs: at + 1 }) / 1000),
      );
      assert.ok(Math.abs(fullestWindow(calls, steps, minute) - most) < 1e-9);
    }),
  );
});

test('a makespan at the rate of the limit is 1, across a change of it too', () => {
  const even = [admitted(0, 1000), admitted(2 * minute, 1000)];
  const halved = [...steps, { fromMs: minute, tokensPerMinute: 500 }];

  assert.equal(makespanRatio(even, steps, 0), 1);
  assert.equal(makespanRatio([admitted(0, 1000), admitted(3 * minute, 1000)], halved, 0), 1);
  assert.equal(makespanRatio([admitted(minute, 1000), admitted(2 * minute, 1000)], steps, minute), 0.5);
});

test('429s are counted where they fell', () => {
  const calls = [refused(0, 1), refused(4999, 1), refused(5000, 1), admitted(1, 1)];

  assert.equal(throttledWithin(calls, { fromMs: 0, toMs: 5000 }), 2);
});

test('a job that was admitted twice is repeated, one that was refused first is not', () => {
  const calls = [admitted(0, 1, 'a'), admitted(1, 1, 'a'), { ...refused(2, 1), jobId: 'b' }, admitted(3, 1, 'b')];

  assert.equal(callsRepeated(calls), 1);
});

test("Jain's index is 1 for equal shares and 1 ÷ n when one has all", () => {
  assert.equal(jainIndex([5, 5, 5, 5]), 1);
  assert.equal(jainIndex([8, 0, 0, 0]), 0.25);
});
