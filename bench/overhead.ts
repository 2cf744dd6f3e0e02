/**
 * `npm run bench:overhead`: what Sluice adds to a call, measured from outside. The last line of stdout is one JSON
 * object; everything before it is for people.
 */
import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import type { Stack } from '../local/start-stack.ts';
import { localApiKey } from '../local/stack-layout.ts';
import { buildApp, type BuiltApp } from './app-under-test.ts';
import { benchRegion, runJobs, type RunSettings } from './run-jobs.ts';
import { untilInterrupted } from './until-interrupted.ts';
import type { RunResult } from './watch-run.ts';

const help = `Measures what one process of the app costs for each job, against the openai SDK called in a loop.

  npm run bench:overhead -- [--jobs N] [--bytes N] [--concurrency N] [--over queue|http] [--saturated-rate N]

  --jobs N             jobs of the main run; default: 20000
  --bytes N            size of a job as JSON; default: 1024
  --concurrency N      calls of the floor at once, and jobs in hand of the app; default: 200
  --over queue|http    queue: all jobs lie on the queue, in batches, before the app starts (default);
                       http: posted as NDJSON while it runs, so that submitting is part of the cost
  --saturated-rate N   jobs a second that the quota of the second run allows, below what the machine can do;
                       0 leaves that run out; default: 100
  --saturated-jobs N   jobs of the second run; default: 4000
  --warm-up N          jobs before measuring starts, in each run; default: 1000
  --profile FOLDER     writes a CPU profile of the app there
  --help               this text

The regions answer at once, and the quota of the first run is too large to bind. CPU is user + system time of the app's
process from /proc, Request Units and operations are what the embedded Cosmos DB charged.
`;

const options = {
  jobs: { type: 'string', default: '20000' },
  bytes: { type: 'string', default: '1024' },
  concurrency: { type: 'string', default: '200' },
  over: { type: 'string', default: 'queue' },
  'saturated-rate': { type: 'string', default: '100' },
  'saturated-jobs': { type: 'string', default: '4000' },
  'warm-up': { type: 'string', default: '1000' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const count = z.coerce.number().int().positive();
const settingsSchema = z.object({
  jobs: count,
  bytes: count.min(300),
  concurrency: count,
  over: z.enum(['queue', 'http']),
  'saturated-rate': z.coerce.number().nonnegative(),
  'saturated-jobs': count,
  'warm-up': count,
  profile: z.string().optional(),
});
type Settings = z.infer<typeof settingsSchema>;

const run = promisify(execFile);

const model = 'gpt-4o-mini';
const maxTokens = 16;
/** Far above what any machine does. */
const unboundPerMinute = 100_000_000;

const floorSchema = z.object({ cpuMsPerCall: z.number(), callsPerSecond: z.number() });
type Floor = z.infer<typeof floorSchema>;

async function bench(settings: Settings, signal: AbortSignal): Promise<void> {
  console.log(`Settings: ${JSON.stringify(settings)}`);
  console.log(
    `Machine: ${availableParallelism()} CPUs, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}. The stack runs in this process.`,
  );
  console.log('Bundling the app …');
  const app = await buildApp();
  try {
    const unbound = await mainRun(app, settings, signal);
    const saturated = settings['saturated-rate'] === 0 ? undefined : await saturatedRun(app, settings, signal);
    report(unbound.result, unbound.floor, saturated);
  } finally {
    await app.remove();
  }
}

async function mainRun(
  app: BuiltApp,
  settings: Settings,
  signal: AbortSignal,
): Promise<{ readonly result: RunResult; readonly floor: Floor }> {
  let floor: Floor | undefined;
  const withStack = async (stack: Stack): Promise<void> => {
    console.log(`Floor: the openai SDK in a loop, ${settings.concurrency} calls at once …`);
    floor = await runFloor(stack, settings, signal);
    console.log(`  ${floor.cpuMsPerCall.toFixed(3)} ms CPU a call, ${floor.callsPerSecond.toFixed(0)} calls a second`);
    console.log(
      `Main run: ${settings.jobs} jobs of ${settings.bytes} bytes, over ${settings.over}, quota not binding …`,
    );
  };
  const quota = { tokensPerMinute: unboundPerMinute, requestsPerMinute: unboundPerMinute };
  const called = await runJobs(app, runSettings(settings, 'main', quota), { signal, tell: console.log, withStack });
  if (floor === undefined) {
    throw new Error('The floor was not measured.');
  }
  return { result: called, floor };
}

/** Jobs come faster than the quota: each start is waited for, and the pump pulls no more than a few seconds' worth. */
async function saturatedRun(app: BuiltApp, settings: Settings, signal: AbortSignal): Promise<RunResult> {
  const rate = settings['saturated-rate'];
  console.log(`Saturated run: ${settings['saturated-jobs']} jobs, a quota of ${rate} a second …`);
  const quota = { tokensPerMinute: unboundPerMinute, requestsPerMinute: Math.round(rate * 60) };
  const fewer = { ...runSettings(settings, 'saturated', quota), jobs: settings['saturated-jobs'] };
  return runJobs(app, fewer, { signal, tell: console.log });
}

function runSettings(
  settings: Settings,
  name: string,
  quota: { readonly tokensPerMinute: number; readonly requestsPerMinute: number },
): RunSettings {
  return {
    name,
    jobs: settings.jobs,
    warmUp: Math.min(settings['warm-up'], Math.floor(settings.jobs / 4)),
    bytes: settings.bytes,
    maxTokens,
    model: {
      name: model,
      tokensPerMinute: { [benchRegion]: quota.tokensPerMinute },
      requestsPerMinute: { [benchRegion]: quota.requestsPerMinute },
    },
    over: settings.over,
    jobsInHand: settings.concurrency,
    nodeFlags: settings.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${settings.profile}`],
  };
}

/** In a process of its own, which ends with this one. */
async function runFloor(stack: Stack, settings: Settings, signal: AbortSignal): Promise<Floor> {
  const regions = z.array(z.object({ endpoint: z.string() })).parse(JSON.parse(stack.environment['REGIONS'] ?? '[]'));
  const input = {
    endpoint: regions[0]?.endpoint,
    apiKey: localApiKey,
    model,
    calls: settings.jobs,
    warmUp: settings['warm-up'],
    concurrency: settings.concurrency,
    bytes: settings.bytes,
    maxTokens,
  };
  const script = fileURLToPath(new URL('floor.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [script, JSON.stringify(input)], { signal });
  return floorSchema.parse(JSON.parse(stdout));
}

/** What issue and README promise for jobs of 1 KB. */
const aims = { cpuMsPerJob: 3, cosmosRuPerJob: 40, bucketOpsPerJob: 0.2 } as const;

function report(result: RunResult, floor: Floor, saturated: RunResult | undefined): void {
  const aim = (value: number, atMost: number): string =>
    value <= atMost ? `aim ≤ ${atMost}: met` : `aim ≤ ${atMost}: NOT met`;
  const { jobsPerSecond, cpuMsPerJob, cosmosRuPerJob, cosmosOpsPerJob, peakRssMb } = result;
  const bucketOpsPerJob = saturated?.bucketOpsPerJob;
  const lines = [
    '',
    `jobs a second                ${jobsPerSecond.toFixed(0)} (one process of the app, over ${result.seconds.toFixed(0)} s)`,
    `CPU a job                    ${cpuMsPerJob.toFixed(2)} ms (${aim(cpuMsPerJob, aims.cpuMsPerJob)})`,
    `CPU a call at the floor      ${floor.cpuMsPerCall.toFixed(2)} ms`,
    `Cosmos a job                 ${cosmosRuPerJob.toFixed(1)} RU (${aim(cosmosRuPerJob, aims.cosmosRuPerJob)}) in ${cosmosOpsPerJob.toFixed(2)} operations`,
    `memory                       peak ${result.peakRssMb} MB; ${result.rssMbAtQuarter} MB after a quarter, ${result.rssMbAtHalf} MB after half, ${result.rssMbAtEnd} MB at the end`,
    `429 answers                  ${result.throttled429 + (saturated?.throttled429 ?? 0)}`,
  ];
  if (saturated !== undefined && bucketOpsPerJob !== undefined) {
    lines.push(
      `bucket operations a job      ${bucketOpsPerJob.toFixed(3)} saturated at ${saturated.jobsPerSecond.toFixed(0)} jobs a second (${aim(bucketOpsPerJob, aims.bucketOpsPerJob)}), ${result.bucketOpsPerJob.toFixed(3)} in the main run`,
      `CPU a job, saturated         ${saturated.cpuMsPerJob.toFixed(2)} ms`,
    );
  }
  console.log(lines.join('\n'));
  const { rssMbAtQuarter, rssMbAtHalf, rssMbAtEnd } = result;
  const ratio = cpuMsPerJob / floor.cpuMsPerCall;
  const all = {
    jobsPerSecond,
    cpuMsPerJob,
    floorCpuMsPerCall: floor.cpuMsPerCall,
    ratio,
    cosmosRuPerJob,
    cosmosOpsPerJob,
  };
  const memory = { peakRssMb, rssMbAtQuarter, rssMbAtHalf, rssMbAtEnd };
  console.log(
    JSON.stringify(rounded({ ...all, ...(bucketOpsPerJob === undefined ? {} : { bucketOpsPerJob }), ...memory })),
  );
}

function rounded(numbers: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Math.round(value * 1000) / 1000]));
}

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(help);
    return;
  }
  await bench(settingsSchema.parse(values), signal);
}

await untilInterrupted(main);
