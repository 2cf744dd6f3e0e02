/**
 * `npm run bench:expected-start`: how far the starts of jobs are from what submit and `GET /api/jobs/{id}` had told. The
 * last line of stdout is one JSON object; everything before it is for people.
 */
import { CosmosClient } from '@azure/cosmos';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { freePorts, stackLayout } from '../local/stack-layout.ts';
import { type Stack, startStack } from '../local/start-stack.ts';
import { buildApp, startApp } from './app-under-test.ts';
import { postJobs } from './feed-jobs.ts';
import { jobId } from './jobs.ts';
import { startErrors, type ToldStart } from './start-errors.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { readCounters } from './watch-run.ts';

const help = `Measures the error of the expected start on a saturated queue: one process of the app, the embedded stack, one region.

  npm run bench:expected-start -- [--jobs N] [--rate N]

  --jobs N   jobs, half of them small and half large, posted as fast as they are taken; default: 4000
  --rate N   jobs a second that the quota allows; default: 40
  --help     this text
`;

const count = z.coerce.number().int().positive();
const settingsSchema = z.object({ jobs: count.max(50_000), rate: count.max(500) });

const model = 'gpt-4o-mini';
const maxTokens = 60;
const region = 'eastus';
const prefix = 'job';
const smallBytes = 600;
const largeBytes = 3000;

/** Small and large jobs in an order without a pattern that a sample could meet. */
function bytesOf(number: number): number {
  return (number * 0.618) % 1 < 0.5 ? smallBytes : largeBytes;
}

/** Tokens of an average job, as the service counts: characters / 4, and the most that may come back. */
const averageTokens = maxTokens + ((smallBytes + largeBytes) / 2 - 200) / 4;

/** How often jobs are asked for, and how many at once. */
const askEveryMs = 2000;
const askedAtOnce = 20;

async function bench(settings: z.infer<typeof settingsSchema>, signal: AbortSignal): Promise<void> {
  console.log(`Settings: ${JSON.stringify(settings)}`);
  console.log('Bundling the app …');
  const app = await buildApp();
  const tokensPerMinute = Math.round(settings.rate * 60 * averageTokens);
  const stack = await startStack(
    stackLayout({
      folder: join(app.folder, 'stack'),
      ports: { ...freePorts, regions: { [region]: 0 } },
      models: [
        { name: model, tokensPerMinute: { [region]: tokensPerMinute }, requestsPerMinute: { [region]: 1_000_000 } },
      ],
      lockMs: 60_000,
    }),
  );
  const process = await startApp({
    app,
    environment: stack.environment,
    onLog: (line) => console.log(`  app: ${line}`),
  });
  try {
    console.log(`Posting ${settings.jobs} jobs; the quota is ${tokensPerMinute} tokens a minute …`);
    const asked = await run(stack, process.url, settings.jobs, signal);
    const jobs = await readJobs(stack, settings.jobs);
    const submitted = [...jobs.values()].flatMap(({ expectedAt, ...job }) =>
      expectedAt === undefined ? [] : [{ ...job, expectedAt }],
    );
    const read = asked.flatMap(({ id, ...told }) => {
      const startedAt = jobs.get(id)?.startedAt;
      return startedAt === undefined ? [] : [{ ...told, startedAt }];
    });
    report(submitted, read);
  } finally {
    await process.child.stop();
    await stack.stop();
    await app.remove();
  }
}

interface Asked {
  readonly id: string;
  readonly askedAt: number;
  readonly expectedAt: number;
}

/** Posts the jobs and asks for some of them, until all have been called. */
async function run(stack: Stack, url: string, jobs: number, signal: AbortSignal): Promise<readonly Asked[]> {
  const shape = { prefix, bytes: smallBytes, bytesOf, model, maxTokens };
  const posting = postJobs(url, shape, { from: 0, to: jobs, signal }).then(() => console.log('  all are posted'));
  const asked: Asked[] = [];
  let round = 0;
  for (let called = 0; called < jobs; called = (await readCounters(stack)).completed) {
    await delay(askEveryMs, undefined, { signal });
    round += 1;
    const step = Math.floor(jobs / askedAtOnce);
    const ids = Array.from({ length: askedAtOnce }, (_, index) => jobId(prefix, (round * 7 + index * step) % jobs));
    asked.push(...(await Promise.all(ids.map(async (id) => ask(url, id)))).flat());
    console.log(`  ${called} of ${jobs} called`);
  }
  await posting;
  return asked;
}

const viewSchema = z.object({ expectedStartAt: z.number().optional() });

async function ask(url: string, id: string): Promise<readonly Asked[]> {
  const askedAt = Date.now();
  const response = await fetch(`${url}/api/jobs/${id}`);
  const { expectedStartAt } = viewSchema.parse(await response.json());
  return expectedStartAt === undefined ? [] : [{ id, askedAt, expectedAt: expectedStartAt }];
}

const startedSchema = z.object({
  id: z.string(),
  createdAt: z.number(),
  expectedStartAt: z.number().optional(),
  attempts: z.array(z.object({ at: z.number() })).min(1),
});

interface Started extends Omit<ToldStart, 'expectedAt'> {
  readonly expectedAt: number | undefined;
}

/** Every job's times, once all have been stored. */
async function readJobs(stack: Stack, jobs: number): Promise<ReadonlyMap<string, Started>> {
  const { COSMOS_ENDPOINT: endpoint = '', COSMOS_KEY: key = '', COSMOS_DATABASE: id = '' } = stack.environment;
  const client = new CosmosClient({ endpoint, key });
  try {
    const query = "SELECT c.id, c.createdAt, c.expectedStartAt, c.attempts FROM c WHERE c.state = 'completed'";
    for (;;) {
      const { resources } = await client.database(id).container('jobs').items.query<unknown>(query).fetchAll();
      if (resources.length >= jobs) {
        const started = resources.map((one) => startedSchema.parse(one));
        return new Map(
          started.map((job) => [
            job.id,
            { askedAt: job.createdAt, expectedAt: job.expectedStartAt, startedAt: job.attempts[0]?.at ?? 0 },
          ]),
        );
      }
      await delay(500);
    }
  } finally {
    client.dispose();
  }
}

function report(submitted: readonly ToldStart[], read: readonly ToldStart[]): void {
  const told = { submit: startErrors(submitted), get: startErrors(read) };
  for (const [where, errors] of Object.entries(told)) {
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    console.log(
      `${where.padEnd(6)} ${errors.count} starts; waits p50 ${seconds(errors.waitP50Ms)}, p90 ${seconds(errors.waitP90Ms)}; error p50 ${seconds(errors.errorP50Ms)}, p90 ${seconds(errors.errorP90Ms)}, bias ${seconds(errors.biasMs)}; of the wait p50 ${(errors.relativeErrorP50 * 100).toFixed(1)} %, p90 ${(errors.relativeErrorP90 * 100).toFixed(1)} %`,
    );
  }
  const rounded = (value: number): number => Math.round(value * 1000) / 1000;
  console.log(JSON.stringify(told, (_key, value: unknown) => (typeof value === 'number' ? rounded(value) : value)));
}

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '4000' },
      rate: { type: 'string', default: '40' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  await bench(settingsSchema.parse(values), signal);
}

await untilInterrupted(main);
