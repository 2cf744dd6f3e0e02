import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Attempt, measureRun } from '../../../bench/peers/measure.ts';

const startedAt = 1_000_000;
const tokensPerMinute = 6000;

function answered(id: string, seconds: number, cost = 100): Attempt {
  return { at: startedAt + seconds * 1000, clientRequestId: id, status: 200, cost, isAdmitted: true };
}

function refused(id: string, seconds: number): Attempt {
  return { at: startedAt + seconds * 1000, clientRequestId: id, status: 429, cost: 100, isAdmitted: false };
}

function jobsOf(count: number): { readonly id: string; readonly cost: number }[] {
  return Array.from({ length: count }, (_, index) => ({ id: String(index), cost: 100 }));
}

function measure(attempts: readonly Attempt[], jobs: number): ReturnType<typeof measureRun> {
  return measureRun({ jobs: jobsOf(jobs), attempts, startedAt, tokensPerMinute });
}

test('a smooth rate of the whole limit is full utilisation', () => {
  // 100 tokens a second are 6,000 a minute.
  const attempts = Array.from({ length: 240 }, (_, index) => answered(String(index), index));

  assert.ok(Math.abs(measure(attempts, 240).utilisation - 1) < 0.01);
});

test('a burst of the whole limit once a minute is full utilisation as well', () => {
  const attempts = Array.from({ length: 240 }, (_, index) => answered(String(index), 60 * Math.floor(index / 60)));

  assert.ok(Math.abs(measure(attempts, 240).utilisation - 1) < 0.001);
});

test('half the rate is half the utilisation', () => {
  const attempts = Array.from({ length: 240 }, (_, index) => answered(String(index), 2 * index));

  assert.ok(Math.abs(measure(attempts, 240).utilisation - 0.5) < 0.01);
});

test('a call that was refused uses nothing, and is counted', () => {
  const calm = Array.from({ length: 120 }, (_, index) => answered(String(index), index));
  const stormy = [...calm, ...Array.from({ length: 30 }, (_, index) => refused(String(index), index))];

  const figures = measure(stormy, 120);

  assert.equal(figures.utilisation, measure(calm, 120).utilisation);
  assert.equal(figures.throttledPer1000, 250);
  assert.equal(figures.attemptsPerJob, 1.25);
});

test('no admissions that a sliding window allows are more than full utilisation', () => {
  const gaps = fc.array(fc.record({ gapMs: fc.nat(5000), cost: fc.integer({ min: 1, max: 3000 }) }), { minLength: 30 });
  fc.assert(
    fc.property(gaps, (wanted) => {
      const admitted: Attempt[] = [];
      let at = startedAt;
      for (const [index, { cost, gapMs }] of wanted.entries()) {
        at += gapMs;
        const used = admitted.filter((one) => one.at > at - 60_000).reduce((sum, one) => sum + one.cost, 0);
        if (used + cost <= tokensPerMinute) {
          admitted.push({ at, clientRequestId: String(index), status: 200, cost, isAdmitted: true });
        }
      }
      const { utilisation } = measure(admitted, wanted.length);

      assert.ok(Number.isNaN(utilisation) || utilisation <= 1 + 1e-9, String(utilisation));
    }),
  );
});

test('a job waits until the first of its calls that was answered', () => {
  const figures = measure([refused('0', 1), answered('0', 5), answered('1', 3)], 2);

  assert.equal(figures.waitP50Ms, 3000);
  assert.equal(figures.waitP99Ms, 5000);
  assert.equal(figures.makespanSeconds, 5);
});

test('the makespan ratio is 1 when the last job starts when the quota has just been enough for all', () => {
  const figures = measure([answered('0', 0), answered('1', 2)], 2);

  assert.equal(figures.makespanRatio, 1);
});

test('a job without an answer is lost, and one with two answers is a duplicate', () => {
  const figures = measure([answered('0', 1), answered('0', 2), refused('1', 1), answered('2', 1)], 3);

  assert.equal(figures.lost, 1);
  assert.equal(figures.duplicates, 1);
});
