import { CosmosClient } from '@azure/cosmos';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Stack } from '../local/start-stack.ts';
import { type ProcessUsage, readProcessUsage } from './process-usage.ts';

/** What was seen at one instant; counts are since the run began. */
export interface Sample extends ProcessUsage {
  /** `performance.now()` */
  readonly at: number;
  /** Calls that the simulated region has answered. */
  readonly called: number;
  /** Request Units and operations of all containers, and operations of the buckets alone. */
  readonly ru: number;
  readonly operations: number;
  readonly bucketOperations: number;
}

export interface RunResult {
  readonly seconds: number;
  readonly jobsPerSecond: number;
  readonly cpuMsPerJob: number;
  readonly cosmosRuPerJob: number;
  readonly cosmosOpsPerJob: number;
  readonly bucketOpsPerJob: number;
  readonly peakRssMb: number;
  /** Resident memory when a quarter and half of the jobs were called, and at the end: the least of the samples before. */
  readonly rssMbAtQuarter: number;
  readonly rssMbAtHalf: number;
  readonly rssMbAtEnd: number;
  readonly throttled429: number;
}

export type Tell = (line: string) => void;

const sampleEveryMs = 250;
const tellEveryMs = 5000;
/** A run that calls nothing for so long will not end by itself. */
const stuckMs = 90_000;
const containers = ['jobs', 'buckets', 'control'] as const;

export interface Watched {
  readonly name: string;
  readonly stack: Stack;
  readonly pid: number;
  readonly jobs: number;
  /** Calls that were counted before the run. */
  readonly calledBefore: number;
  /** Every sample comes here first; true when it is the one to measure from. */
  readonly isStart: (sample: Sample) => boolean;
}

/**
 * Samples the app's process and the stack until every job was called and Cosmos was written to no more for a second.
 *
 * @throws when nothing happens for long, the process ends, or not every job's document says `completed`
 */
export async function watchRun(
  run: Watched,
  context: { readonly signal: AbortSignal; readonly tell: Tell },
): Promise<RunResult> {
  const samples: Sample[] = [];
  let first: Sample | undefined;
  let toldAt = performance.now();
  let movedAt = performance.now();
  for (;;) {
    const sample = await takeSample(run);
    movedAt = samples.at(-1)?.called === sample.called ? movedAt : sample.at;
    samples.push(sample);
    first ??= run.isStart(sample) ? sample : undefined;
    const quiet = samples.findLast((one) => one.at <= sample.at - 1000);
    if (sample.called >= run.jobs && quiet?.operations === sample.operations) {
      await checkJobs(run);
      return resultOf(samples, first, { ...run, throttled429: (await readCounters(run.stack)).throttled });
    }
    if (sample.at - movedAt > stuckMs) {
      throw new Error(`The run ${run.name} is stuck: ${sample.called} of ${run.jobs} jobs were called.`);
    }
    if (sample.at - toldAt >= tellEveryMs) {
      toldAt = sample.at;
      context.tell(`  ${run.name}: ${sample.called} of ${run.jobs} called, ${sample.rssMb} MB`);
    }
    await delay(sampleEveryMs, undefined, { signal: context.signal });
  }
}

async function takeSample(run: Watched): Promise<Sample> {
  const usage = await readProcessUsage(run.pid);
  const units = containers.map((container) => run.stack.requestUnits(container));
  return {
    ...usage,
    at: performance.now(),
    called: (await readCounters(run.stack)).completed - run.calledBefore,
    ru: units.reduce((sum, one) => sum + one.total, 0),
    operations: units.reduce((sum, one) => sum + one.operations, 0),
    bucketOperations: run.stack.requestUnits('buckets').operations,
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

/** Calls of all regions since the stack began. */
export async function readCounters(
  stack: Pick<Stack, 'adminUrl'>,
): Promise<{ readonly completed: number; readonly throttled: number }> {
  const response = await fetch(`${stack.adminUrl}/admin/counters`);
  const { regions } = countersSchema.parse(await response.json());
  const deployments = Object.values(regions).flatMap((region) => Object.values(region.deployments));
  return {
    completed: deployments.reduce((sum, one) => sum + one.completed, 0),
    throttled: deployments.reduce((sum, one) => sum + one.throttled429.tokens + one.throttled429.requests, 0),
  };
}

/** A run that lost jobs, or ended them otherwise, measured something else. */
async function checkJobs(run: Watched): Promise<void> {
  const { COSMOS_ENDPOINT: endpoint = '', COSMOS_KEY: key = '', COSMOS_DATABASE: id = '' } = run.stack.environment;
  const client = new CosmosClient({ endpoint, key });
  try {
    const query = "SELECT VALUE COUNT(1) FROM c WHERE c.state = 'completed'";
    const { resources } = await client.database(id).container('jobs').items.query<number>(query).fetchAll();
    if (resources[0] !== run.jobs) {
      throw new Error(`Of the ${run.jobs} jobs of the run ${run.name}, ${resources[0] ?? 0} were completed.`);
    }
  } finally {
    client.dispose();
  }
}

function resultOf(
  samples: readonly Sample[],
  first: Sample | undefined,
  run: Pick<Watched, 'name' | 'jobs'> & { readonly throttled429: number },
): RunResult {
  const last = samples.at(-1);
  const end = samples.find((one) => one.operations === last?.operations);
  if (first === undefined || last === undefined || end === undefined || end.called <= first.called) {
    throw new Error(`The run ${run.name} was too short to measure: give it more jobs, or a shorter warm-up.`);
  }
  const jobs = end.called - first.called;
  const seconds = (end.at - first.at) / 1000;
  const placeOf = (share: number): number => samples.findIndex((one) => one.called >= run.jobs * share);
  return {
    seconds,
    jobsPerSecond: jobs / seconds,
    cpuMsPerJob: (end.cpuMs - first.cpuMs) / jobs,
    cosmosRuPerJob: (end.ru - first.ru) / jobs,
    cosmosOpsPerJob: (end.operations - first.operations) / jobs,
    bucketOpsPerJob: (end.bucketOperations - first.bucketOperations) / jobs,
    peakRssMb: last.peakRssMb,
    rssMbAtQuarter: leastBefore(samples, placeOf(0.25)),
    rssMbAtHalf: leastBefore(samples, placeOf(0.5)),
    rssMbAtEnd: leastBefore(samples, samples.length - 1),
    throttled429: run.throttled429,
  };
}

/** The least of ten samples: what is left when garbage was collected. */
function leastBefore(samples: readonly Sample[], index: number): number {
  return Math.min(...samples.slice(Math.max(0, index - 9), index + 1).map((one) => one.rssMb));
}
