/**
 * `npm run bench:head-of-line`: what jobs of a dead pool cost another pool. The last line of stdout is one JSON object;
 * everything before it is for people.
 */
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { buildApp } from './app-under-test.ts';
import { prepareSide, type Side, type SideResult } from './head-of-line/run-side.ts';
import { untilInterrupted } from './until-interrupted.ts';

const help = `Measures whether a pool is held up by another one whose only region is dead, while its jobs wait in their queue.

  npm run bench:head-of-line -- [--dead-jobs N] [--jobs N] [--rate N]

  --dead-jobs N   jobs that wait for the dead pool; default: 10000
  --jobs N        jobs of the pool that is measured; default: 2000
  --rate N        how many of them its quota lets through in a second; 0: as many as the machine can; default: 40
  --help          this text

Two systems run side by side, at the same time and so under the same conditions: each a stack and one process of the app,
one with the jobs of the dead pool and one without. The rate is that of the calls in the log of the simulated service,
without the first 20 % and the last 5 %; the app starts with all jobs queued.
`;

const options = {
  'dead-jobs': { type: 'string', default: '10000' },
  jobs: { type: 'string', default: '2000' },
  rate: { type: 'string', default: '40' },
  help: { type: 'boolean', default: false },
} as const;

const settingsSchema = z.object({
  'dead-jobs': z.coerce.number().int().min(1).max(200_000),
  jobs: z.coerce.number().int().min(100).max(200_000),
  rate: z.coerce.number().min(0).max(10_000),
});
type Settings = z.infer<typeof settingsSchema>;

/** Far above what any machine does. */
const unboundRate = 100_000;

/** What the throughput with the dead pool's jobs must be of the one without. */
const aim = 0.97;

async function bench(settings: Settings, signal: AbortSignal): Promise<void> {
  console.log(`Settings: ${JSON.stringify(settings)}. ${availableParallelism()} CPUs, Node ${process.version}`);
  console.log('Bundling the app …');
  const app = await buildApp();
  const sides: Side[] = [];
  const prepare = async (name: string, deadJobs: number): Promise<Side> => {
    const folder = join(app.folder, name);
    const jobsPerSecond = settings.rate === 0 ? unboundRate : settings.rate;
    const shape = { deadJobs, liveJobs: settings.jobs, jobsPerSecond };
    const side = await prepareSide({ app, folder, ...shape, signal });
    sides.push(side);
    console.log(`  ${name}: ${deadJobs} jobs of the dead pool and ${settings.jobs} of the other are queued`);
    return side;
  };
  try {
    const baseline = await prepare('baseline', 0);
    const withDead = await prepare('with-dead-pool', settings['dead-jobs']);
    const [without, beside] = await Promise.all([baseline.measure(), withDead.measure()]);
    report({ without, beside });
  } finally {
    await Promise.allSettled(sides.map(async (side) => side.stop()));
    await app.remove();
  }
}

function report({ without, beside }: { readonly without: SideResult; readonly beside: SideResult }): void {
  const ratio = beside.jobsPerSecond / without.jobsPerSecond;
  const line = (name: string, { cpuMsPerJob, jobsPerSecond }: SideResult): string =>
    `${name.padEnd(32)}${jobsPerSecond.toFixed(2)} jobs a second, ${cpuMsPerJob.toFixed(2)} ms CPU a job`;
  console.log(`\n${line('without the dead pool’s jobs', without)}\n${line('with them', beside)}`);
  console.log(`${'ratio'.padEnd(32)}${ratio.toFixed(4)} (aim: ${aim} or more)`);
  console.log(`${'left of the dead pool’s'.padEnd(32)}${beside.deadJobsLeft}`);
  const result = {
    ratio,
    baselineJobsPerSecond: without.jobsPerSecond,
    withDeadPoolJobsPerSecond: beside.jobsPerSecond,
    baselineCpuMsPerJob: without.cpuMsPerJob,
    withDeadPoolCpuMsPerJob: beside.cpuMsPerJob,
    deadPoolJobsLeft: beside.deadJobsLeft,
  };
  const rounded = Object.entries(result).map(([name, value]) => [name, Math.round(value * 10_000) / 10_000]);
  console.log(JSON.stringify(Object.fromEntries(rounded)));
}

await untilInterrupted(async (signal) => {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(help);
    return;
  }
  await bench(settingsSchema.parse(values), signal);
});
