import { setTimeout as delay } from 'node:timers/promises';
import { askHealth, healthAt } from './ask-health.ts';
import { collectFromProcesses, collectFromService } from './collect-facts.ts';
import { disturbRun } from './disturb-run.ts';
import { feedLoad } from './feed-load.ts';
import { firstCallOf, untilDrained } from './follow-run.ts';
import { type JobCounts, jobCounts } from './job-counts.ts';
import type { RunFacts } from './judge-run.ts';
import { cpuShares } from './machine-load.ts';
import { loadTokens, type PacingRun } from './plan-runs.ts';
import { sampleLoad } from './sample-load.ts';
import type { PacingSystem } from './start-system.ts';
import { type TraceJob, traceJobs } from './trace.ts';

interface Driving {
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Puts a run's load on its system, follows it to its end, and brings together what was seen from outside. */
export async function driveRun(run: PacingRun, system: PacingSystem, driving: Driving): Promise<RunFacts> {
  const { seed, name } = run;
  const jobs = traceJobs({ seed, prefix: name, shape: run.scenario.shape, totalTokens: loadTokens(run) });
  await warmUp(run, system, driving);
  const over = new AbortController();
  const counts = jobCounts(system.stack);
  const sampling = sampleLoad([system.stack.child, ...system.apps.map(({ child }) => child)].map(({ pid }) => pid));
  try {
    const alreadyCompleted = await counts.completed();
    const signal = AbortSignal.any([driving.signal, over.signal]);
    const followed = await follow(run, system, { jobs, counts, signal, tell: driving.tell });
    await sampling.end();
    const measured = { fromMs: followed.firstCallMs, toMs: followed.firstCallMs + run.measuredMs };
    return {
      firstCallMs: followed.firstCallMs,
      loweredAt: followed.loweredAt,
      jobs: jobs.length,
      completed: (await counts.completed()) - alreadyCompleted,
      cpu: cpuShares(sampling.samples, measured),
      ...(await collectFromService(system, { prefix: name, measured })),
      ...(await collectFromProcesses(system, followed.health)),
    };
  } finally {
    over.abort();
    await sampling.end();
    counts.close();
  }
}

/** From the first job on the queue to the end of the last, or of the measured interval if that is later. */
async function follow(
  run: PacingRun,
  system: PacingSystem,
  context: Driving & { readonly jobs: readonly TraceJob[]; readonly counts: JobCounts },
): Promise<Pick<RunFacts, 'firstCallMs' | 'loweredAt'> & { readonly health: readonly unknown[] }> {
  const { jobs, counts, signal } = context;
  const alreadyEnded = await counts.ended();
  const feeding = feedLoad(system, jobs, signal);
  const firstCallMs = await Promise.race([firstCallOf(system.stack, run.name, context), rejectionOf(feeding)]);
  const [loweredAt, health] = await Promise.all([
    disturbRun(system, run.scenario.disturbances ?? [], { ...context, firstCallMs }),
    healthAt(system.apps, firstCallMs + run.measuredMs, signal),
    feeding,
    untilDrained({ stack: system.stack, jobs: jobs.length + alreadyEnded, counts, firstCallMs }, context),
  ]);
  return { firstCallMs, loweredAt, health };
}

/** Composes every process; some scenarios run a job in each then, and fall idle. */
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

/** Never resolves. */
async function rejectionOf(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise(() => undefined);
}
