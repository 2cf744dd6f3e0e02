import { setTimeout as delay } from 'node:timers/promises';
import { adminApi, type ModelCall } from '../../local/demo/admin-api.ts';
import { disturbRun } from './disturb-run.ts';
import { feedLoad } from './feed-load.ts';
import { firstCallOf, untilDrained } from './follow-run.ts';
import { jobCounts } from './job-counts.ts';
import type { RunFacts } from './judge-run.ts';
import { readLoopLag } from './loop-lag.ts';
import { cpuShares } from './machine-load.ts';
import type { MeasuredCall } from './measure.ts';
import { loadTokens, type PacingRun } from './plan-runs.ts';
import { readTracedCalls } from './process-trace.ts';
import { sampleLoad } from './sample-load.ts';
import { pacingRegions } from './scenario.ts';
import type { AppUnderLoad, PacingSystem } from './start-system.ts';
import { traceJobs } from './trace.ts';

interface Driving {
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Puts a run's load on its system, follows it to its end, and brings together what was seen from outside. */
export async function driveRun(run: PacingRun, system: PacingSystem, driving: Driving): Promise<RunFacts> {
  const { signal, tell } = driving;
  const { scenario, seed, name } = run;
  const jobs = traceJobs({ seed, prefix: name, shape: scenario.shape, totalTokens: loadTokens(run) });
  await warmUp(run, system, driving);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const counts = jobCounts(system.stack);
  const sampling = sampleLoad([system.stack.child, ...system.apps.map(({ child }) => child)].map(({ pid }) => pid));
  try {
    const [alreadyEnded, alreadyCompleted] = [await counts.ended(), await counts.completed()];
    const feeding = feedLoad(system, jobs, either);
    const firstCallMs = await Promise.race([firstCallOf(system.stack, name, driving), rejectionOf(feeding)]);
    const toMs = firstCallMs + run.measuredMs;
    const [loweredAt, health] = await Promise.all([
      disturbRun(system, scenario.disturbances ?? [], { firstCallMs, signal: either, tell }),
      healthAt(system.apps, toMs, either),
      feeding,
      untilDrained({ stack: system.stack, jobs: jobs.length + alreadyEnded, counts, firstCallMs }, driving),
    ]);
    await sampling.end();
    const cpu = cpuShares(sampling.samples, { fromMs: firstCallMs, toMs });
    const completed = (await counts.completed()) - alreadyCompleted;
    over.abort();
    const calls = (await adminApi(system.stack.adminUrl).calls()).filter((call) =>
      call.clientRequestId.startsWith(name),
    );
    const told = await tellOfProcesses(system, health);
    const stackLagP99Ms = (await readLoopLag(system.stackLagFile))?.p99Ms;
    return {
      firstCallMs,
      loweredAt,
      ...told,
      calls: byRegion(calls),
      jobs: jobs.length,
      completed,
      cpu,
      stackLagP99Ms,
    };
  } finally {
    over.abort();
    await sampling.end();
    counts.close();
  }
}

/** Composes every process (the SDKs are loaded with the first call), and in some scenarios runs a job and falls idle. */
async function warmUp(run: PacingRun, system: PacingSystem, driving: Driving): Promise<void> {
  const { signal, tell } = driving;
  const { idleFirstMs, shape } = run.scenario;
  await Promise.all(system.apps.map(async (app) => askHealth(app, signal)));
  if (idleFirstMs === undefined) {
    return;
  }
  const [job] = traceJobs({ seed: run.seed, prefix: 'warm-up', shape, totalTokens: 1 });
  if (job !== undefined) {
    const jobs = system.apps.map((_, number) => ({ ...job, number, id: `warm-up-${number}` }));
    await feedLoad(system, jobs, signal);
    await firstCallOf(system.stack, 'warm-up', driving);
  }
  tell(`idle for ${idleFirstMs / 1000} s`);
  await delay(idleFirstMs, undefined, { signal });
}

async function rejectionOf(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise(() => undefined);
}

async function healthAt(apps: readonly AppUnderLoad[], at: number, signal: AbortSignal): Promise<readonly unknown[]> {
  await delay(Math.max(0, at - Date.now()), undefined, { signal });
  return Promise.all(apps.map(async (app) => askHealth(app, signal)));
}

/** Undefined when the process is gone. */
async function askHealth({ url }: AppUnderLoad, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(`${url}/api/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
    });
    return await response.json();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError || error instanceof DOMException) {
      return undefined;
    }
    throw error;
  }
}

/** Trace files are complete once their processes have ended. */
async function tellOfProcesses(
  system: PacingSystem,
  health: readonly unknown[],
): Promise<Pick<RunFacts, 'processes' | 'waits'>> {
  await Promise.all(system.apps.map(async ({ child }) => child.stop()));
  const traces = await Promise.all(system.apps.map(async ({ traceFile }) => readTracedCalls(traceFile)));
  const lags = await Promise.all(system.apps.map(async ({ lagFile }) => readLoopLag(lagFile)));
  const processes = traces.map((calls, index) => ({
    calls: calls.length,
    lagP99Ms: lags[index]?.p99Ms,
    health: health[index],
  }));
  const all = traces.flat();
  const waits = new Map(
    pacingRegions.map(({ name }) => [name, all.filter(({ region }) => region === name).map(({ waitMs }) => waitMs)]),
  );
  return { processes, waits };
}

function byRegion(calls: readonly ModelCall[]): ReadonlyMap<string, readonly MeasuredCall[]> {
  return new Map(
    pacingRegions.map(({ name }) => [
      name,
      calls
        .filter(({ region }) => region === name)
        .map((call) => ({
          at: call.at,
          cost: call.cost,
          isAdmitted: call.isAdmitted,
          isThrottled: call.status === 429,
          jobId: call.clientRequestId,
        })),
    ]),
  );
}
