import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupRuns, jobsInHand, limitSteps, loadTokens, planRuns } from '../../../bench/pacing/plan-runs.ts';
import { readOptions } from '../../../bench/pacing/options.ts';
import { scenarios } from '../../../bench/pacing/scenarios.ts';

const everything = { scenarios, processes: undefined, seed: 1, seconds: undefined };

function named(name: string) {
  const found = scenarios.find((scenario) => scenario.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

test('alone it runs steady with 1, 4 and 8 processes over three windows', () => {
  const options = readOptions([]);
  assert.ok(options !== 'help');
  const runs = planRuns(options);

  assert.deepEqual(
    runs.map(({ name, measuredMs, isFull }) => ({ name, measuredMs, isFull })),
    [1, 4, 8].map((processes) => ({ name: `steady-${processes}`, measuredMs: 180_000, isFull: true })),
  );
});

test('--all runs every scenario that the issue names', () => {
  const options = readOptions(['--all']);
  assert.ok(options !== 'help');

  assert.deepEqual(options.scenarios.map(({ name }) => name).toSorted(), [
    'bimodal',
    'burst',
    'clock-skew',
    'limit-halved',
    'lying-retry-after',
    'noisy-neighbour',
    'overestimate',
    'small-quota',
    'steady',
    'worker-killed',
  ]);
});

test('a shortened run does not count as full', () => {
  const [run] = planRuns({ ...everything, seconds: 30 });

  assert.equal(run?.isFull, false);
  assert.equal(run?.measuredMs, 30_000);
});

test('steady takes two groups: four processes go beside one, and eight alone', () => {
  const runs = planRuns({ ...everything, scenarios: [named('steady')] });

  assert.deepEqual(
    groupRuns(runs, false).map((group) => group.map(({ processes }) => processes)),
    [[1, 4], [8]],
  );
});

test('groups keep every run, in order, and one at a time gives a group to each', () => {
  const runs = planRuns(everything);

  assert.deepEqual(groupRuns(runs, false).flat(), runs);
  assert.equal(groupRuns(runs, true).length, runs.length);
  assert.ok(groupRuns(runs, false).length < runs.length);
});

test('the load outlasts the measured windows in both regions, also when limits are lowered or shared', () => {
  const measuredMs = 180_000;

  assert.equal(loadTokens({ scenario: named('steady'), measuredMs }), 2 * 3_000_000 * 1.05);
  assert.equal(loadTokens({ scenario: named('limit-halved'), measuredMs }), 2 * 2.5 * 300_000 * 1.05);
  assert.ok(Math.abs(loadTokens({ scenario: named('noisy-neighbour'), measuredMs }) - 2 * 2.1 * 300_000 * 1.05) < 1);
});

test('a lowered limit is back after its time', () => {
  assert.deepEqual(limitSteps(named('limit-halved')), [
    { fromMs: 0, tokensPerMinute: 300_000 },
    { fromMs: 60_000, tokensPerMinute: 150_000 },
    { fromMs: 120_000, tokensPerMinute: 300_000 },
  ]);
});

test('the more processes, the fewer jobs one of them holds', () => {
  const scenario = named('steady');
  const held = [1, 4, 8].map((processes) => jobsInHand({ scenario, processes }));

  assert.deepEqual(
    held,
    held.toSorted((left, right) => right - left),
  );
  assert.ok((held[0] ?? 0) >= 4 * 28);
});
