import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  expectAllAtWork,
  expectAllOnce,
  expectFewThrottled,
  expectNeighbourServed,
  expectRecovery,
  expectThrottlingOnlyAfterLowering,
} from '../../../bench/pacing/findings.ts';
import type { MeasuredCall } from '../../../bench/pacing/measure.ts';
import type { RegionOutcome, RunOutcome } from '../../../bench/pacing/run-outcome.ts';

const minute = 60_000;

function call(at: number, isThrottled = false): MeasuredCall {
  return { at, cost: 100, isAdmitted: !isThrottled, isThrottled, jobId: `${at}` };
}

function region(changes: Partial<RegionOutcome>): RegionOutcome {
  const calls = changes.calls ?? [];
  return {
    region: { name: 'eastus', window: 'sliding' },
    calls,
    steps: [{ fromMs: 0, tokensPerMinute: 1000 }],
    utilisation: 1,
    shareOfInterval: 1,
    worstWindow: 1,
    throttled429: calls.filter((one) => one.isThrottled).length,
    makespanRatio: 1,
    waitP50Ms: 0,
    waitP99Ms: 0,
    usage: undefined,
    ...changes,
  };
}

function outcome(changes: Partial<RunOutcome>): RunOutcome {
  return {
    measured: { fromMs: 0, toMs: 3 * minute },
    regions: [],
    processes: [],
    jain: 1,
    jobs: 10,
    completed: 10,
    repeated: 0,
    cpu: { machine: 0.3, own: 0.2 },
    stackLagP99Ms: 1,
    loweredAt: [],
    ...changes,
  };
}

function isMet(findings: readonly { readonly isMet: boolean }[]): boolean {
  return findings.every((finding) => finding.isMet);
}

test('a lost job and a repeated one are each an aim that was not met', () => {
  assert.ok(isMet(expectAllOnce(outcome({}))));
  assert.ok(!isMet(expectAllOnce(outcome({ completed: 9 }))));
  assert.ok(!isMet(expectAllOnce(outcome({ repeated: 1 }))));
});

test('after a lowering 429s are forgiven for so long, and never before', () => {
  const judge = (at: number) =>
    isMet(
      expectThrottlingOnlyAfterLowering(
        outcome({ loweredAt: [minute], regions: [region({ calls: [call(at, true)] })] }),
        5000,
      ),
    );

  assert.ok(judge(minute));
  assert.ok(judge(minute + 4999));
  assert.ok(!judge(minute + 5000));
  assert.ok(!judge(minute - 1));
});

test('recovered is who fills the last minute', () => {
  const at = (from: number) => Array.from({ length: 10 }, (_, index) => call(from + index * 6000));

  assert.ok(isMet(expectRecovery(outcome({ regions: [region({ calls: at(2 * minute) })] }), 0.99)));
  assert.ok(!isMet(expectRecovery(outcome({ regions: [region({ calls: at(minute) })] }), 0.1)));
});

test('few 429s are few of all calls', () => {
  const calls = [...Array.from({ length: 999 }, (_, index) => call(index)), call(1000, true)];

  assert.ok(isMet(expectFewThrottled(outcome({ regions: [region({ calls })] }), 1)));
  assert.ok(!isMet(expectFewThrottled(outcome({ regions: [region({ calls: calls.slice(-10) })] }), 1)));
});

test('a neighbour that was crowded out is an aim that was not met, as is one that nobody saw', () => {
  const judge = (admittedCost: number) => {
    const usage = { capacityTokens: 1000, neighbour: { admittedCost, throttled429: 0 } };
    return isMet(expectNeighbourServed(outcome({ regions: [region({ usage })] }), 0.3));
  };

  assert.ok(judge(290));
  assert.ok(!judge(200));
  assert.ok(!isMet(expectNeighbourServed(outcome({ regions: [region({})] }), 0.3)));
});

test('an idle process is an aim that was not met, unless it was to be idle', () => {
  const processes = [0, 5].map((calls) => ({ calls, lagP99Ms: 1, health: undefined }));

  assert.ok(!isMet(expectAllAtWork(outcome({ processes }))));
  assert.ok(isMet(expectAllAtWork(outcome({ processes }), [0])));
});
