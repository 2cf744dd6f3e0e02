import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun, type RunFacts, voidReasons } from '../../../bench/pacing/judge-run.ts';
import { planRuns } from '../../../bench/pacing/plan-runs.ts';
import { pacingReport, pacingRows } from '../../../bench/pacing/report.ts';
import { scenarios } from '../../../bench/pacing/scenarios.ts';

const [steady] = planRuns({ scenarios, processes: [2], seed: 1, seconds: undefined });
assert.ok(steady !== undefined);
const firstCallMs = 1_000_000;

/** Two regions that admit 1,000 tokens every 60 ms: exactly their limit. */
function facts(changes: Partial<RunFacts> = {}): RunFacts {
  const calls = (region: string) =>
    Array.from({ length: 3200 }, (_, index) => ({
      at: firstCallMs + index * 60,
      cost: 1000,
      isAdmitted: true,
      isThrottled: false,
      jobId: `${region}-${index}`,
    }));
  const healthy = { calls: 3200, lagP99Ms: 12, health: undefined };
  return {
    firstCallMs,
    loweredAt: [],
    calls: new Map(['eastus', 'swedencentral'].map((region) => [region, calls(region)])),
    waits: new Map([
      ['eastus', [1, 2, 3]],
      ['swedencentral', [100]],
    ]),
    usage: new Map(),
    processes: [healthy, healthy],
    jobs: 6400,
    completed: 6400,
    cpu: { machine: 0.4, own: 0.3 },
    stackLagP99Ms: 10,
    ...changes,
  };
}

test('a run that uses its quota to the full gives two rows, each at 1', () => {
  const outcome = judgeRun(steady, facts());
  const rows = pacingRows([{ run: steady, outcome }]);

  const numbers = { utilisation: 1, throttled429: 0, worstWindow: 1, valid: true, isMet: true };
  assert.partialDeepStrictEqual(rows, [
    { scenario: 'steady', processes: 2, window: 'sliding', ...numbers },
    { scenario: 'steady', processes: 2, window: 'fixed', ...numbers },
  ]);
  assert.deepEqual(
    rows.map((row) => row.waitP99Ms),
    [3, 100],
  );
});

test('a busy machine, a late event loop and one that was not seen each make a run void', () => {
  const reasons = (changes: Partial<RunFacts>) => voidReasons(steady, judgeRun(steady, facts(changes)));
  const process = { calls: 1, health: undefined };

  assert.deepEqual(reasons({}), []);
  assert.equal(reasons({ cpu: { machine: 0.61, own: 0.3 } }).length, 1);
  assert.equal(reasons({ stackLagP99Ms: 51 }).length, 1);
  assert.equal(
    reasons({
      processes: [
        { ...process, lagP99Ms: 51 },
        { ...process, lagP99Ms: undefined },
      ],
    }).length,
    2,
  );
  assert.equal(voidReasons({ isFull: false }, judgeRun(steady, facts())).length, 1);
});

test('a CPU share that is not known does not count', () => {
  assert.equal(
    voidReasons(steady, judgeRun(steady, facts({ cpu: { machine: Number.NaN, own: Number.NaN } }))).length,
    1,
  );
});

test('the report says which aims were not met', () => {
  const outcome = judgeRun(steady, facts({ completed: 6399 }));

  assert.match(pacingReport([{ run: steady, outcome }]), /NOT met {2}every job completed \(6399 of 6400\)/u);
});
