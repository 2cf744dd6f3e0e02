/**
 * `npm run bench:cold-start`: how long the bundle takes to import, and how long an idle app takes from a submitted job
 * to its first model call. The last line of stdout is one JSON object; everything before it is for people.
 */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { startStack } from '../local/start-stack.ts';
import { freePorts, stackLayout } from '../local/stack-layout.ts';
import { buildApp, type BuiltApp, startApp } from './app-under-test.ts';
import { jobText } from './jobs.ts';
import { quantile } from './quantile.ts';
import { untilInterrupted } from './until-interrupted.ts';

const help = `Measures the cold start: the import of the bundle, and the way from a submitted job to its first model call.

  npm run bench:cold-start -- [--imports N] [--wakes N]

  --imports N   fresh processes that import the bundle, after one that warms the file cache; default: 15
  --wakes N     fresh apps on fresh stacks, each woken by one job over HTTP; default: 5
  --help        this text

Import: only \`import()\` of dist/index.mjs counts, in a process that provides @azure/functions-core as the host does.
Wake: the app's process runs and has told its functions, but nothing is composed: no client, no SDK, no vocabulary. The
time goes from sending the POST to the arrival of the first call in the log of the simulated region, which is on the
same machine and the same clock.
`;

const count = z.coerce.number().int();
const settingsSchema = z.object({ imports: count.min(3), wakes: count.min(1) });
type Settings = z.infer<typeof settingsSchema>;

const aims = { importMs: 200, wakeToFirstCallMs: 2500 } as const;
const run = promisify(execFile);

const imported = z.object({ importMs: z.number(), cpuMs: z.number(), rssMb: z.number(), functions: z.number() });

async function bench(settings: Settings, signal: AbortSignal): Promise<void> {
  console.log(`Settings: ${JSON.stringify(settings)}; ${availableParallelism()} CPUs, Node ${process.version}`);
  console.log('Bundling the app …');
  const app = await buildApp();
  try {
    const imports = await importOften(app, settings.imports, signal);
    const wakes: number[] = [];
    for (let index = 0; index < settings.wakes; index += 1) {
      wakes.push(await wake(app, index, signal));
      console.log(`  wake ${index + 1} of ${settings.wakes}: ${wakes.at(-1)?.toFixed(0)} ms to the first call`);
    }
    await report(app, imports, wakes);
  } finally {
    await app.remove();
  }
}

async function importOften(
  app: BuiltApp,
  times: number,
  signal: AbortSignal,
): Promise<readonly z.infer<typeof imported>[]> {
  const script = fileURLToPath(new URL('import-bundle.ts', import.meta.url));
  const once = async (): Promise<z.infer<typeof imported>> => {
    const { stdout } = await run(process.execPath, [script, app.entry], { signal });
    return imported.parse(JSON.parse(stdout));
  };
  await once();
  const all: z.infer<typeof imported>[] = [];
  for (let index = 0; index < times; index += 1) {
    all.push(await once());
  }
  console.log(`  imported ${times} times: ${all.map(({ importMs }) => importMs.toFixed(0)).join(', ')} ms`);
  return all;
}

const answerSchema = z.object({ id: z.string() });
const callsSchema = z.object({ calls: z.array(z.object({ at: z.number() })) });

/** Milliseconds from the POST to the arrival of the first call. */
async function wake(app: BuiltApp, index: number, signal: AbortSignal): Promise<number> {
  const folder = join(app.folder, 'stacks', `wake-${index}`);
  const stack = await startStack(stackLayout({ folder, ports: freePorts }));
  try {
    await startOfTimerPeriod(signal);
    const { child, url } = await startApp({ app, environment: stack.environment });
    try {
      const body = jobText({ number: index, prefix: 'wake', model: 'gpt-4o-mini', bytes: 1024, maxTokens: 16 });
      const sentAt = Date.now();
      const response = await fetch(`${url}/api/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal,
      });
      answerSchema.parse(await response.json());
      return (await firstCallAt(stack.adminUrl, signal)) - sentAt;
    } finally {
      await child.stop();
    }
  } finally {
    await stack.stop();
  }
}

/** The wake timer fires at every tenth second and would compose the app first: start well before it does. */
async function startOfTimerPeriod(signal: AbortSignal): Promise<void> {
  const intoPeriodMs = Date.now() % 10_000;
  await delay(intoPeriodMs < 3000 && intoPeriodMs > 100 ? 0 : 10_100 - intoPeriodMs, undefined, { signal });
}

const giveUpMs = 30_000;

async function firstCallAt(adminUrl: string, signal: AbortSignal): Promise<number> {
  const until = performance.now() + giveUpMs;
  while (performance.now() < until) {
    const response = await fetch(`${adminUrl}/admin/calls?after=0&limit=1`, { signal });
    const [first] = callsSchema.parse(await response.json()).calls;
    if (first !== undefined) {
      return first.at;
    }
    await delay(20, undefined, { signal });
  }
  throw new Error(`No model was called within ${giveUpMs} ms of the submit.`);
}

async function report(
  app: BuiltApp,
  imports: readonly z.infer<typeof imported>[],
  wakes: readonly number[],
): Promise<void> {
  const importTimes = imports.map((one) => one.importMs);
  const importMs = quantile(importTimes, 0.5);
  const importMsP90 = quantile(importTimes, 0.9);
  const wakeToFirstCallMs = quantile(wakes, 0.5);
  const files = await bundleFiles(dirname(app.entry));
  const bundleMb = files.reduce((sum, one) => sum + one.bytes, 0) / 1e6;
  const entryMb = (await stat(app.entry)).size / 1e6;
  const met = (value: number, aim: number): string => `aim ≤ ${aim} ms: ${value <= aim ? 'met' : 'NOT met'}`;
  console.log(
    [
      '',
      `import                ${importMs.toFixed(0)} ms median, ${importMsP90.toFixed(0)} ms at the 90th percentile (${met(importMs, aims.importMs)})`,
      `                      ${quantile(
        imports.map((one) => one.cpuMs),
        0.5,
      ).toFixed(0)} ms CPU, ${quantile(
        imports.map((one) => one.rssMb),
        0.5,
      ).toFixed(0)} MB resident after it, ${imports[0]?.functions ?? 0} functions`,
      `wake to first call    ${wakeToFirstCallMs.toFixed(0)} ms median, ${Math.max(...wakes).toFixed(0)} ms at the most (${met(wakeToFirstCallMs, aims.wakeToFirstCallMs)})`,
      `bundle                ${bundleMb.toFixed(1)} MB in ${files.length} files, ${entryMb.toFixed(2)} MB in the entry point`,
    ].join('\n'),
  );
  const numbers = { importMs, importMsP90, wakeToFirstCallMs, bundleMb };
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Math.round(value * 10) / 10])),
    ),
  );
}

/** What a deployment holds: every script, without source maps. */
async function bundleFiles(folder: string): Promise<readonly { readonly bytes: number }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs'));
  return Promise.all(names.map(async (name) => ({ bytes: (await stat(join(folder, name))).size })));
}

await untilInterrupted(async (signal) => {
  const { values } = parseArgs({
    options: {
      imports: { type: 'string', default: '15' },
      wakes: { type: 'string', default: '5' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  await bench(settingsSchema.parse(values), signal);
});
