import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BuiltApp, buildApp } from '../../../bench/app-under-test.ts';
import type { PacingRun } from '../../../bench/pacing/plan-runs.ts';
import { pacingRows } from '../../../bench/pacing/report.ts';
import { runGroup } from '../../../bench/pacing/run-group.ts';
import type { Scenario } from '../../../bench/pacing/scenario.ts';
import { startSystem } from '../../../bench/pacing/start-system.ts';

/** Some thirty small jobs, which the quota lets through in three seconds. */
const small: Scenario = {
  name: 'small',
  about: 'a few jobs',
  quota: { tokensPerMinute: 60_000, requestsPerMinute: 6000 },
  latency: { firstTokenMs: 50, tokensPerSecond: 1000, tailProbability: 0, tailFactor: 1 },
  shape: {
    costs: { kind: 'uniform', leastTokens: 100, mostTokens: 300 },
    outputShare: 0.4,
    used: { least: 1, most: 1 },
    mostAnswerTokens: 50,
  },
  processes: [1],
  windows: 3,
  expect: () => [],
};

function shortened(processes: number): PacingRun {
  return { name: `small-${processes}`, scenario: small, processes, seed: 1, measuredMs: 3000, isFull: false };
}

let app: BuiltApp;

before(async () => {
  app = await buildApp();
});

after(async () => {
  await app.remove();
});

test('a run gives a row for each kind of window, and its processes tell of every call that the service saw', async () => {
  const { signal } = new AbortController();
  const folder = join(app.folder, 'runs');

  const judged = await runGroup([shortened(2)], { app, folder, signal, tell: () => undefined });

  const rows = pacingRows(judged);
  assert.deepEqual(
    rows.map(({ processes, window, valid }) => ({ processes, window, valid })),
    [
      { processes: 2, window: 'sliding', valid: false },
      { processes: 2, window: 'fixed', valid: false },
    ],
  );
  for (const { outcome } of judged) {
    const calls = outcome.regions.flatMap((region) => region.calls);
    const told = outcome.processes.reduce((sum, process) => sum + process.calls, 0);
    assert.ok(outcome.jobs > 20);
    assert.equal(outcome.completed, outcome.jobs);
    assert.equal(calls.filter((call) => call.isAdmitted).length, outcome.jobs);
    assert.equal(told, calls.length);
    assert.ok(outcome.regions.every(({ usage }) => usage !== undefined && usage.capacityTokens > 0));
    assert.ok([outcome.stackLagP99Ms, ...outcome.processes.map(({ lagP99Ms }) => lagP99Ms)].every(Number.isFinite));
  }
});

test('an interrupted group ends with the interruption', async () => {
  const interrupt = new AbortController();
  const running = runGroup([shortened(1)], {
    app,
    folder: join(app.folder, 'interrupted'),
    signal: interrupt.signal,
    tell: () => interrupt.abort(),
  });

  await assert.rejects(running, { name: 'AbortError' });
});

test('a system that is stopped leaves no process behind', async () => {
  const { signal } = new AbortController();
  const system = await startSystem(shortened(1), { app, folder: join(app.folder, 'stopped'), signal });
  const pids = [system.stack.child, ...system.apps.map(({ child }) => child)].map(({ pid }) => pid);

  await system.stop();

  assert.equal(pids.length, 2);
  for (const pid of pids) {
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  }
});
