import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { adminApi } from '../../local/demo/admin-api.ts';
import { openLogFile } from '../../local/start/log-file.ts';
import { type StackProcess, startStackProcess } from '../../local/start-processes.ts';
import { freePorts } from '../../local/stack-layout.ts';
import { type BuiltApp, startApp } from '../app-under-test.ts';
import { jobId, jobText } from '../jobs.ts';
import { readProcessUsage } from '../process-usage.ts';
import { putOnQueue } from '../put-on-queue.ts';

/** One of two systems that run side by side: with jobs for a dead pool, or without. */
export interface SideSettings {
  readonly app: BuiltApp;
  readonly folder: string;
  /** Jobs that wait for the pool whose only region is dead. */
  readonly deadJobs: number;
  /** Jobs of the pool that is measured, and how many of them its quota lets through in a second. */
  readonly liveJobs: number;
  readonly jobsPerSecond: number;
  readonly signal: AbortSignal;
}

export interface SideResult {
  readonly jobsPerSecond: number;
  /** User and system time of the app's process ÷ live jobs. */
  readonly cpuMsPerJob: number;
  /** What lies in the dead pool's queue at the end, parked jobs included. */
  readonly deadJobsLeft: number;
}

/** A running side; both are started before either is measured. */
export interface Side {
  readonly measure: () => Promise<SideResult>;
  readonly stop: () => Promise<void>;
}

const live = { model: 'gpt-4o-mini', region: 'eastus' } as const;
const dead = { model: 'gpt-4o', region: 'swedencentral' } as const;

/** More than any of these jobs needs: requests are what binds. */
const amplyTokens = 100_000_000;

/** Calls at the start, and at the end, that are left out: the system gets going, and runs dry. */
const warmUpShare = 0.2;
const lastShare = 0.95;

const lookEveryMs = 200;
const stuckMs = 60_000;
const jobBytes = 600;
const maxTokens = 16;

/** A stack with its jobs queued and the dead region down; no app yet. @throws when it does not start; nothing is left */
export async function prepareSide(settings: SideSettings): Promise<Side> {
  const { folder, signal, liveJobs, deadJobs } = settings;
  await mkdir(folder, { recursive: true });
  const log = openLogFile(join(folder, 'log.log'));
  const stack = await startStackProcess(layoutOf(settings), log.write, signal);
  const stops: (() => Promise<void>)[] = [async () => stack.child.stop(), log.close];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0)) {
      await one();
    }
  };
  try {
    await takeDown(stack);
    await putOnQueue(stack, jobsOf('dead', dead.model, deadJobs), signal, `jobs-${dead.model}`);
    await putOnQueue(stack, jobsOf('live', live.model, liveJobs), signal, `jobs-${live.model}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const measure = async (): Promise<SideResult> => {
    const environment = { ...stack.environment, LANES: '1', TRACE_FILE: '' };
    const { child } = await startApp({ app: settings.app, environment, onLog: log.write });
    stops.unshift(async () => child.stop());
    await untilCalled(stack, settings);
    const { cpuMs } = await readProcessUsage(child.pid);
    return { ...(await rateOf(stack)), cpuMsPerJob: cpuMs / liveJobs, deadJobsLeft: await leftOf(stack) };
  };
  return { measure, stop };
}

function layoutOf({ folder, jobsPerSecond }: SideSettings): Parameters<typeof startStackProcess>[0] {
  const requestsPerMinute = Math.round(jobsPerSecond * 60);
  const models = [live, dead].map(({ model, region }) => ({
    name: model,
    tokensPerMinute: { [region]: amplyTokens },
    requestsPerMinute: { [region]: requestsPerMinute },
  }));
  const ports = { ...freePorts, regions: { [live.region]: 0, [dead.region]: 0 } };
  return { folder: join(folder, 'stack'), ports, models, latency: 'instant' };
}

function* jobsOf(prefix: string, model: string, count: number) {
  for (let number = 0; number < count; number += 1) {
    yield { id: jobId(prefix, number), text: jobText({ number, prefix, model, bytes: jobBytes, maxTokens }) };
  }
}

async function takeDown({ adminUrl }: StackProcess): Promise<void> {
  const response = await fetch(`${adminUrl}/admin/parts/${dead.region}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ isDown: true }),
  });
  if (!response.ok) {
    throw new Error(`${dead.region} could not be taken down: ${await response.text()}`);
  }
}

/** Waits until every live job was answered. @throws when nothing moves any more */
async function untilCalled({ adminUrl }: StackProcess, settings: SideSettings): Promise<void> {
  let before = -1;
  let movedAt = performance.now();
  for (;;) {
    const called = await completedCalls(adminUrl);
    if (called >= settings.liveJobs) {
      return;
    }
    movedAt = called === before ? movedAt : performance.now();
    before = called;
    if (performance.now() - movedAt > stuckMs) {
      throw new Error(`Nothing was called for ${stuckMs / 1000} s: ${called} of ${settings.liveJobs} jobs.`);
    }
    await delay(lookEveryMs, undefined, { signal: settings.signal });
  }
}

const countersSchema = z.object({
  regions: z.record(z.string(), z.object({ deployments: z.record(z.string(), z.object({ completed: z.number() })) })),
});

async function completedCalls(adminUrl: string): Promise<number> {
  const { regions } = countersSchema.parse(await (await fetch(`${adminUrl}/admin/counters`)).json());
  return regions[live.region]?.deployments[live.model]?.completed ?? 0;
}

/** Starts of calls a second, by the service's log, without the start and the end of the run. */
async function rateOf({ adminUrl }: StackProcess): Promise<Pick<SideResult, 'jobsPerSecond'>> {
  const calls = await adminApi(adminUrl).calls();
  const times = calls
    .filter(({ deployment, status }) => deployment === live.model && status === 200)
    .map(({ at }) => at)
    .toSorted((left, right) => left - right);
  const from = Math.floor(times.length * warmUpShare);
  const to = Math.floor(times.length * lastShare);
  const seconds = ((times[to] ?? 0) - (times[from] ?? 0)) / 1000;
  return { jobsPerSecond: (to - from) / seconds };
}

const queuesSchema = z.record(z.string(), z.object({ active: z.number(), locked: z.number(), scheduled: z.number() }));

async function leftOf({ adminUrl }: StackProcess): Promise<number> {
  const queues = queuesSchema.parse(await (await fetch(`${adminUrl}/admin/service-bus/queues`)).json());
  const { active = 0, locked = 0, scheduled = 0 } = queues[`jobs-${dead.model}`] ?? {};
  return active + locked + scheduled;
}
