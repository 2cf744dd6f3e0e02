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

/** Contenders that run at the same time, each against a region (and so a limiter) of its own, all over one trace. */
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
}

export interface Heat {
  readonly rows: readonly HeatRow[];
  /** Share of all processors that was busy, by anything. */
  readonly busyShare: number;
  /** Of the endpoint's event loop. */
  readonly lagP99Ms: number;
  readonly isValid: boolean;
}

/** Above these a run measured the machine: it is void. */
export const mostBusyShare = 0.6;
export const mostLagMs = 50;

/** Contenders begin one after the other within this time, so that their first seconds do not meet. */
const beginWithinMs = 15_000;
const settleMs = 2000;

export async function runHeat(plan: HeatPlan, context: HeatContext): Promise<Heat> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-peers-'));
  const stops: (() => Promise<void>)[] = [async () => rm(folder, { recursive: true, force: true })];
  try {
    return await runIn(folder, plan, context, (stop) => stops.unshift(stop));
  } finally {
    for (const stop of stops) {
      await Promise.allSettled([stop()]);
    }
  }
}

async function runIn(
  folder: string,
  plan: HeatPlan,
  context: HeatContext,
  atEnd: (stop: () => Promise<void>) => void,
): Promise<Heat> {
  const { signal, tell } = context;
  const names = plan.entries.map(({ contender }, index) => `${contender}-${index + 1}`);
  const endpoint = await startEndpoint(
    { regions: names, tokenWindow: plan.window, seed: plan.seed, databasePath: join(folder, 'calls.sqlite') },
    signal,
  );
  atEnd(endpoint.stop);
  const redis = await startRedis(join(folder, 'redis'));
  atEnd(redis.stop);
  const jobs = makeTrace(traceOf(plan));
  tell(`${plan.title}: ${jobs.length} jobs, ${names.length} runs at once; their processes start …`);
  const runs: Run[] = [];
  for (const [index, entry] of plan.entries.entries()) {
    const runName = names[index] ?? '';
    const place = { folder: join(folder, runName), runName, endpoint: endpoint.endpoint(runName) };
    const started = await startOne(entry, { ...place, redisPort: redis.port, plan, context });
    atEnd(started.stop);
    runs.push({ runName, started, jobs: jobs.length, boundMs: boundMs(plan) });
  }
  await delay(settleMs, undefined, { signal });
  const ticks = await readProcessorTicks();
  endpoint.watchLag();
  const followed = await Promise.all(
    runs.map(async (run, index) => {
      await delay((index * beginWithinMs) / runs.length, undefined, { signal });
      return followRun(run, { endpoint, signal, tell });
    }),
  );
  const busy = busyShare(ticks, await readProcessorTicks());
  const lagP99Ms = endpoint.lagP99Ms();
  const attempts = Map.groupBy(await endpoint.attempts(), ({ region }) => region);
  const rows = plan.entries.map((entry, index) => {
    const { cpuMs = Number.NaN, startedAt = Number.NaN } = followed[index] ?? {};
    const seen = attempts.get(names[index] ?? '') ?? [];
    const figures = measureRun({ jobs, attempts: seen, startedAt, tokensPerMinute: field.tokensPerMinute });
    const { seed, window } = plan;
    const setting = entry.contender === 'sluice' ? undefined : entry.setting;
    return { contender: entry.contender, setting, seed, window, ...figures, cpuMsPerJob: cpuMs / jobs.length };
  });
  return { rows, busyShare: busy, lagP99Ms, isValid: busy <= mostBusyShare && lagP99Ms <= mostLagMs };
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
