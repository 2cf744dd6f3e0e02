import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BuiltApp } from '../app-under-test.ts';
import type { Entry, Ground, StartedContender } from './contender.ts';
import { startEndpoint } from './endpoint-process.ts';
import { type ContenderName, field, type PeerSetting, type TokenWindow } from './field.ts';
import { followRun, type Run } from './follow-run.ts';
import { busyShare, readProcessorTicks } from './machine-load.ts';
import { type Figures, measureRun } from './measure.ts';
import { startRedis } from './redis-server.ts';
import { startContender } from './start-contender.ts';
import { makeTrace, type TracePlan } from './trace.ts';

/** Contenders that run at the same time, each against an endpoint (and so a limiter) of its own, all over one trace. */
export interface HeatPlan {
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly seed: number;
  readonly window: TokenWindow;
  /** Σ of the costs of the trace. */
  readonly totalCost: number;
  readonly meanCost: number;
}

export interface HeatContext {
  readonly app: BuiltApp;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface HeatRow extends Figures {
  readonly contender: ContenderName;
  readonly setting: PeerSetting | undefined;
  readonly seed: number;
  readonly window: TokenWindow;
  /** CPU of the contender's processes from the start to the end of its run ÷ jobs. */
  readonly cpuMsPerJob: number;
  /** Share of all processors that was busy during the heat, by anything. */
  readonly busyShare: number;
  /** Of the event loop of its endpoint. */
  readonly lagP99Ms: number;
  /** False when the machine was too busy for it. */
  readonly valid: boolean;
}

/** Above these a run measured the machine: it is void. */
export const mostBusyShare = 0.6;
export const mostLagMs = 50;

/** Contenders begin one after the other within this time, so that their first seconds do not meet. */
const beginWithinMs = 15_000;
const settleMs = 2000;

/** A row for each entry, in their order. */
export async function runHeat(plan: HeatPlan, context: HeatContext): Promise<readonly HeatRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-peers-'));
  const stops: Stop[] = [async () => rm(folder, { recursive: true, force: true })];
  try {
    const ground = { folder, plan, context, atEnd: (stop: Stop) => stops.unshift(stop) };
    const runs = await startRuns(ground);
    await delay(settleMs, undefined, { signal: context.signal });
    return await followRuns(runs, ground);
  } finally {
    for (const stop of stops) {
      await Promise.allSettled([stop()]);
    }
  }
}

type Stop = () => Promise<void>;

interface HeatGround {
  readonly folder: string;
  readonly plan: HeatPlan;
  readonly context: HeatContext;
  /** What is to be ended, the latest first, however the heat ends. */
  readonly atEnd: (stop: Stop) => void;
}

async function startRuns({ atEnd, context, folder, plan }: HeatGround): Promise<readonly Run[]> {
  const { entries, seed, window } = plan;
  const redis = await startRedis(join(folder, 'redis'));
  atEnd(redis.stop);
  const jobs = makeTrace(traceOf(plan)).length;
  context.tell(`${plan.title}: ${jobs} jobs, ${entries.length} runs at once; their processes start …`);
  const runs: Run[] = [];
  for (const [index, entry] of entries.entries()) {
    const runName = `${entry.contender}-${index + 1}`;
    const databasePath = join(folder, `${runName}.sqlite`);
    const endpoint = await startEndpoint({ tokenWindow: window, seed, databasePath }, context.signal);
    atEnd(endpoint.stop);
    const place = { folder: join(folder, runName), runName, endpoint: endpoint.url, redisPort: redis.port };
    const started = await startOne(entry, { ...place, plan, context });
    atEnd(started.stop);
    runs.push({ runName, endpoint, started, jobs, boundMs: boundMs(plan) });
  }
  return runs;
}

async function followRuns(runs: readonly Run[], { context, plan }: HeatGround): Promise<readonly HeatRow[]> {
  const ticks = await readProcessorTicks();
  const followed = await Promise.all(
    runs.map(async (run, index) => {
      await delay((index * beginWithinMs) / runs.length, undefined, { signal: context.signal });
      run.endpoint.watchLag();
      return { ...(await followRun(run, context)), lagP99Ms: run.endpoint.lagP99Ms() };
    }),
  );
  const busy = busyShare(ticks, await readProcessorTicks());
  const jobs = makeTrace(traceOf(plan));
  const { seed, window } = plan;
  return Promise.all(
    plan.entries.map(async (entry, index) => {
      const { cpuMs = Number.NaN, lagP99Ms = Number.NaN, startedAt = Number.NaN } = followed[index] ?? {};
      const attempts = (await runs[index]?.endpoint.attempts()) ?? [];
      return {
        contender: entry.contender,
        setting: entry.contender === 'sluice' ? undefined : entry.setting,
        seed,
        window,
        ...measureRun({ jobs, attempts, startedAt, tokensPerMinute: field.tokensPerMinute }),
        cpuMsPerJob: cpuMs / jobs.length,
        busyShare: busy,
        lagP99Ms,
        valid: busy <= mostBusyShare && lagP99Ms <= mostLagMs,
      };
    }),
  );
}

async function startOne(
  entry: Entry,
  input: Pick<Ground, 'endpoint' | 'folder' | 'redisPort' | 'runName'> & {
    readonly plan: HeatPlan;
    readonly context: HeatContext;
  },
): Promise<StartedContender> {
  const { context, plan, ...place } = input;
  const { app, signal, tell } = context;
  const onLog = (line: string): void => {
    if (line.startsWith('fault: ')) {
      tell(`  ${place.runName}: ${line.slice(0, 200)}`);
    }
  };
  const ground = { ...place, app, signal, trace: traceOf(plan), meanCost: plan.meanCost, onLog };
  const { stop, ...started } = await startContender(entry, ground);
  let stopping: Promise<void> | undefined;
  return {
    ...started,
    stop: async () => {
      stopping ??= stop();
      await stopping;
    },
  };
}

function traceOf({ seed, totalCost }: HeatPlan): TracePlan {
  return { seed, model: field.model, totalCost };
}

/** Twice the time that the quota needs, and a window. */
function boundMs({ totalCost }: HeatPlan): number {
  return (2 * totalCost * 60_000) / field.tokensPerMinute + 60_000;
}
