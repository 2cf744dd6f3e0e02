import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultMeter } from '../../../shared/pools/fault-meter.ts';

function fault(meter: FaultMeter, jobId: string, now = 0): boolean {
  return meter.add({ jobId, isFault: true, now });
}

function success(meter: FaultMeter, jobId: string, now = 0): boolean {
  return meter.add({ jobId, isFault: false, now });
}

test('F2: the fifth job that fails in a row is enough', () => {
  const meter = new FaultMeter();

  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((jobId) => fault(meter, jobId)),
    [false, false, false, false, true],
  );
});

test('F1: one job that fails again and again is one witness', () => {
  const meter = new FaultMeter();

  assert.ok(!Array.from({ length: 100 }, () => fault(meter, 'huge')).includes(true));
});

test('a success between them ends a row, and a row is forgotten after ten minutes without a fault', () => {
  const meter = new FaultMeter();
  for (const jobId of ['a', 'b', 'c', 'd']) {
    fault(meter, jobId);
  }
  success(meter, 'x');
  assert.equal(fault(meter, 'e', 1), false);
  for (const jobId of ['f', 'g', 'h']) {
    assert.equal(fault(meter, jobId, 2), false);
  }

  assert.equal(fault(meter, 'i', 600_003), false);
});

test('F2: half of twenty jobs within half a minute are enough, though every other call succeeds', () => {
  const meter = new FaultMeter();
  const verdicts = Array.from({ length: 10 }, (_, pair) => {
    success(meter, `good-${pair}`, pair * 1000);
    return fault(meter, `bad-${pair}`, pair * 1000);
  });

  assert.deepEqual(verdicts, [...Array.from({ length: 9 }, () => false), true]);
});

test('calls of more than half a minute ago do not count', () => {
  const meter = new FaultMeter();
  for (let pair = 0; pair < 9; pair += 1) {
    success(meter, `good-${pair}`, 0);
    fault(meter, `bad-${pair}`, 0);
  }
  success(meter, 'good', 30_001);

  assert.equal(fault(meter, 'bad', 30_001), false);
});

test('F1: a job that failed and then succeeded is no witness against the deployment', () => {
  const meter = new FaultMeter();
  for (let job = 0; job < 40; job += 1) {
    assert.equal(fault(meter, `job-${job}`), false);
    assert.equal(success(meter, `job-${job}`), false);
  }
});

test('what was counted before a reset is forgotten', () => {
  const meter = new FaultMeter();
  for (const jobId of ['a', 'b', 'c', 'd']) {
    fault(meter, jobId);
  }
  meter.reset();

  assert.equal(fault(meter, 'e'), false);
});

test('it says no more than a count of all calls says', () => {
  const call = fc.record({
    jobId: fc.integer({ min: 0, max: 30 }).map(String),
    isFault: fc.boolean(),
    afterMs: fc.nat(5000),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 120 }), (calls) => {
      const meter = new FaultMeter();
      const seen: { readonly jobId: string; readonly isFault: boolean; readonly now: number }[] = [];
      let now = 0;
      for (const { jobId, isFault, afterMs } of calls) {
        now += afterMs;
        seen.push({ jobId, isFault, now });
        const lastGood = seen.findLastIndex((one) => !one.isFault);
        const row = new Set(seen.slice(lastGood + 1).map((one) => one.jobId)).size;
        const last = new Map(seen.map((one) => [one.jobId, one]));
        const recent = [...last.values()].filter((one) => now - one.now <= 30_000);
        const share = recent.filter((one) => one.isFault).length / recent.length;
        const expected = isFault && (row >= 5 || (recent.length >= 20 && share >= 0.5));
        assert.equal(meter.add({ jobId, isFault, now }), expected);
      }
    }),
  );
});
