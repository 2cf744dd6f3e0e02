import { ServiceBusClient } from '@azure/service-bus';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Stack, startStack } from '../local/start-stack.ts';
import { freePorts, stackLayout, type StackModel } from '../local/stack-layout.ts';
import { type BuiltApp, startApp } from './app-under-test.ts';
import { jobText } from './jobs.ts';
import { type ProcessUsage, readProcessUsage } from './process-usage.ts';

/** How the jobs of one run come and how fast they may go. */
export interface RunSettings {
  readonly name: string;
  readonly jobs: number;
  /** Jobs at the start of the run that are left out of the measurement. */
  readonly warmUp: number;
  readonly bytes: number;
  readonly maxTokens: number;
  readonly model: StackModel;
  /** `queue`: straight onto the queue, all of them before the app starts. `http`: posted while it runs. */
  readonly over: 'queue' | 'http';
  readonly jobsInHand: number;
  /** Further settings of the app, by name. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeFlags: readonly string[];
}

export interface RunResult {
  readonly seconds: number;
  readonly jobsPerSecond: number;
  readonly cpuMsPerJob: number;
  readonly cosmosRuPerJob: number;
  readonly cosmosOpsPerJob: number;
  readonly bucketOpsPerJob: number;
  readonly peakRssMb: number;
  /** Resident memory when a quarter of the jobs was called, and at the end: the least of the samples around. */
  readonly rssMbAtQuarter: number;
  readonly rssMbAtEnd: number;
  readonly throttled429: number;
}

interface Sample extends ProcessUsage {
  readonly at: number;
  readonly called: number;
  readonly ru: number;
  readonly operations: number;
  readonly bucketOperations: number;
}

/** The one region of these runs; quotas name it. */
export const benchRegion = 'eastus';

const sampleEveryMs = 250;
const tellEveryMs = 5000;
const containers = ['jobs', 'buckets', 'control'] as const;

export type Tell = (line: string) => void;

/** Runs the jobs through one process of the app, with the stack in this one, and watches it from outside. */
export async function runJobs(
  app: BuiltApp,
  settings: RunSettings,
  context: { readonly signal: AbortSignal; readonly tell: Tell; readonly withStack?: (stack: Stack) => Promise<void> },
): Promise<RunResult> {
  const { signal, tell } = context;
  const folder = join(app.folder, 'stacks', settings.name);
  const stack = await startStack(
    stackLayout({
      folder,
      ports: { ...freePorts, regions: { [benchRegion]: 0 } },
      models: [settings.model],
      latency: 'instant',
      lockMs: 60_000,
    }),
  );
  try {
    await context.withStack?.(stack);
    if (settings.over === 'queue') {
      await enqueue(stack, settings, context);
    }
    const environment = {
      ...stack.environment,
      MAX_JOBS_IN_HAND: String(settings.jobsInHand),
      ...settings.environment,
    };
    const process = await startApp({
      app,
      environment,
      nodeFlags: settings.nodeFlags,
      onLog: (line) => tell(`  app: ${line}`),
    });
    const posting = settings.over === 'http' ? post(process.url, settings, signal) : Promise.resolve();
    try {
      const [samples] = await Promise.all([watch(stack, process.child.pid, settings, context), posting]);
      return resultOf(samples, settings, await throttled(stack));
    } finally {
      await process.child.stop();
    }
  } finally {
    await stack.stop();
  }
}

/** Batches as large as they come; the queue has all of it before anything is measured. */
async function enqueue(
  stack: Stack,
  settings: RunSettings,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: Tell },
): Promise<void> {
  const client = new ServiceBusClient(stack.environment['ServiceBus'] ?? '');
  try {
    const sender = client.createSender('jobs');
    let batch = await sender.createMessageBatch();
    for (let number = 0; number < settings.jobs; number += 1) {
      const body = Buffer.from(jobText({ ...settings, model: settings.model.name, prefix: settings.name, number }));
      const message = { body, messageId: `${settings.name}-${number}`, contentType: 'application/json' };
      if (!batch.tryAddMessage(message)) {
        signal.throwIfAborted();
        await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        batch.tryAddMessage(message);
      }
    }
    await sender.sendMessages(batch);
  } finally {
    await client.close();
  }
  tell(`  ${settings.jobs} jobs are on the queue`);
}

const jobsPerPost = 500;
const mostPosts = 2;

async function post(url: string, settings: RunSettings, signal: AbortSignal): Promise<void> {
  let next = 0;
  const postOnAndOn = async (): Promise<void> => {
    while (next < settings.jobs && !signal.aborted) {
      const from = next;
      next = Math.min(settings.jobs, from + jobsPerPost);
      const lines: string[] = [];
      for (let number = from; number < next; number += 1) {
        lines.push(jobText({ ...settings, model: settings.model.name, prefix: settings.name, number }));
      }
      const headers = { 'content-type': 'application/x-ndjson' };
      const response = await fetch(`${url}/api/jobs`, { method: 'POST', headers, body: lines.join('\n'), signal });
      const { rejected } = z.object({ rejected: z.number() }).parse(await response.json());
      if (response.status !== 202 || rejected > 0) {
        throw new Error(`The app refused ${rejected} of ${lines.length} jobs (${response.status}).`);
      }
    }
  };
  await Promise.all(Array.from({ length: mostPosts }, postOnAndOn));
}

/** Samples until every job was called and Cosmos was written to no more for a second. */
async function watch(
  stack: Stack,
  pid: number,
  settings: RunSettings,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: Tell },
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  // The floor has called, too.
  const before = (await counters(stack)).completed;
  let toldAt = performance.now();
  for (;;) {
    const sample = await takeSample(stack, pid, before);
    samples.push(sample);
    const quiet = samples.findLast((one) => one.at <= sample.at - 1000);
    if (sample.called >= settings.jobs && quiet?.operations === sample.operations) {
      return samples;
    }
    if (performance.now() - toldAt >= tellEveryMs) {
      toldAt = performance.now();
      tell(`  ${settings.name}: ${sample.called} of ${settings.jobs} called, ${sample.rssMb} MB`);
    }
    await delay(sampleEveryMs, undefined, { signal });
  }
}

async function takeSample(stack: Stack, pid: number, before: number): Promise<Sample> {
  const usage = await readProcessUsage(pid);
  const units = containers.map((container) => stack.requestUnits(container));
  return {
    ...usage,
    at: performance.now(),
    called: (await counters(stack)).completed - before,
    ru: units.reduce((sum, one) => sum + one.total, 0),
    operations: units.reduce((sum, one) => sum + one.operations, 0),
    bucketOperations: stack.requestUnits('buckets').operations,
  };
}

const countersSchema = z.object({
  regions: z.record(
    z.string(),
    z.object({
      deployments: z.record(
        z.string(),
        z.object({
          completed: z.number(),
          throttled429: z.object({ tokens: z.number(), requests: z.number() }),
        }),
      ),
    }),
  ),
});

async function counters(stack: Stack): Promise<{ readonly completed: number; readonly throttled: number }> {
  const response = await fetch(`${stack.adminUrl}/admin/counters`);
  const { regions } = countersSchema.parse(await response.json());
  const deployments = Object.values(regions).flatMap((region) => Object.values(region.deployments));
  return {
    completed: deployments.reduce((sum, one) => sum + one.completed, 0),
    throttled: deployments.reduce((sum, one) => sum + one.throttled429.tokens + one.throttled429.requests, 0),
  };
}

async function throttled(stack: Stack): Promise<number> {
  return (await counters(stack)).throttled;
}

function resultOf(samples: readonly Sample[], settings: RunSettings, throttled429: number): RunResult {
  const first = samples.find((one) => one.called >= settings.warmUp);
  const last = samples.at(-1);
  const end = samples.find((one) => one.operations === last?.operations);
  if (first === undefined || last === undefined || end === undefined || end.called <= first.called) {
    throw new Error(`The run ${settings.name} was too short to measure: give it more jobs, or a shorter warm-up.`);
  }
  const jobs = end.called - first.called;
  const seconds = (end.at - first.at) / 1000;
  return {
    seconds,
    jobsPerSecond: jobs / seconds,
    cpuMsPerJob: (end.cpuMs - first.cpuMs) / jobs,
    cosmosRuPerJob: (end.ru - first.ru) / jobs,
    cosmosOpsPerJob: (end.operations - first.operations) / jobs,
    bucketOpsPerJob: (end.bucketOperations - first.bucketOperations) / jobs,
    peakRssMb: last.peakRssMb,
    rssMbAtQuarter: leastAround(
      samples,
      samples.findIndex((one) => one.called >= settings.jobs / 4),
    ),
    rssMbAtEnd: leastAround(samples, samples.length - 1),
    throttled429,
  };
}

/** The least of ten samples: what is left when garbage was collected. */
function leastAround(samples: readonly Sample[], index: number): number {
  return Math.min(...samples.slice(Math.max(0, index - 9), index + 1).map((one) => one.rssMb));
}
