import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../../bench/simulation/tally.ts';

const admitted = { kind: 'admitted' } as const;
const throttled = { kind: 'throttled', by: 'tokens', waitMs: 1 } as const;
const span = { fromMs: 1000, untilMs: 301_000, workers: 2 };
const limits = { tokensPerMinute: 1000, requestsPerMinute: 1_000_000 };

test('utilisation is the mean fullness of the windows of a minute that lie in the time', () => {
  const calls = fc.array(fc.record({ at: fc.nat(320_000), cost: fc.integer({ min: 1, max: 500 }) }), { maxLength: 30 });
  fc.assert(
    fc.property(calls, (made) => {
      const tally = new Tally(span);
      for (const call of made.toSorted((a, b) => a.at - b.at)) {
        tally.called({ ...call, worker: 0, verdict: admitted });
      }
      let sum = 0;
      let windows = 0;
      for (let end = span.fromMs + 60_000 + 0.5; end < span.untilMs; end += 100) {
        const inWindow = made.filter(({ at }) => at > span.fromMs && at > end - 60_000 && at <= end);
        sum += inWindow.reduce((total, { cost }) => total + cost, 0) / limits.tokensPerMinute;
        windows += 1;
      }
      assert.ok(Math.abs(tally.utilisation(limits) - sum / windows) < 0.01);
    }),
    { numRuns: 60 },
  );
});

test('a steady rate has the same utilisation wherever the time begins, and so has one burst for every window', () => {
  for (const phase of [0, 7000, 31_000, 59_000]) {
    const steady = new Tally(span);
    const bursts = new Tally(span);
    for (let at = phase - 60_000; at < 400_000; at += 600) {
      steady.called({ at, cost: 9, worker: 0, verdict: admitted });
    }
    for (let at = phase - 60_000; at < 400_000; at += 60_000) {
      bursts.called({ at, cost: 900, worker: 0, verdict: admitted });
    }
    assert.ok(Math.abs(steady.utilisation(limits) - 0.9) < 0.003);
    assert.ok(Math.abs(bursts.utilisation(limits) - 0.9) < 0.003);
  }
});

test('the counter that binds decides: many small calls use the requests', () => {
  const tally = new Tally(span);
  for (let at = 0; at < 400_000; at += 100) {
    tally.called({ at, cost: 1, worker: 0, verdict: admitted });
  }

  assert.ok(Math.abs(tally.utilisation({ tokensPerMinute: 1_000_000, requestsPerMinute: 600 }) - 1) < 0.002);
});

test('refused calls are counted and use nothing; what lies outside the time is not counted', () => {
  const tally = new Tally(span);
  tally.called({ at: 100_000, cost: 500, worker: 0, verdict: throttled });
  tally.called({ at: 100_000, cost: 500, worker: 1, verdict: admitted });
  tally.called({ at: 1000, cost: 500, worker: 0, verdict: admitted });
  tally.called({ at: 301_001, cost: 500, worker: 0, verdict: admitted });
  tally.waited(500, 10_000);
  tally.waited(5000, 100);

  assert.deepEqual(tally.counts, { admitted: 1, throttled: 1, missed: 0 });
  assert.equal(tally.jain, 0.5);
  assert.ok(Math.abs(tally.waitQuantile(0.99) - 100) < 1);
});
