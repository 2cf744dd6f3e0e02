/**
 * `npm run bench:hostile-input`: how long the app's event loop is held up by each input that hurts, measured in its
 * process. The last line of stdout is one JSON object; everything before it is for people.
 */
import { ServiceBusClient } from '@azure/service-bus';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { freePorts } from '../local/stack-layout.ts';
import { type StackProcess, startStackProcess } from '../local/start-processes.ts';
import { buildApp, startApp } from './app-under-test.ts';
import { type HostileInput, hostileInputs } from './hostile-input/hostile-inputs.ts';
import { readProcessUsage } from './process-usage.ts';
import { untilInterrupted } from './until-interrupted.ts';

const help = `Measures the longest time for which each hostile input holds up the app's event loop, and so its neighbours.

  npm run bench:hostile-input -- [--only TEXT] [--rounds N] [--profile FOLDER]

  --only TEXT       inputs whose name holds this text
  --rounds N        how often each input is tried; the median counts; default: 3
  --profile FOLDER  writes a CPU profile of the app there
  --help            this text
`;

const options = {
  only: { type: 'string', default: '' },
  rounds: { type: 'string', default: '3' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** What the issue asks for: another job's start is not delayed by more. */
const aimMs = 100;

const model = 'gpt-4o-mini';

/** After an answer the app may still be at work: it is watched until it was quiet for so long, and no longer than that. */
const quietMs = 700;
const longestMs = 60_000;

const blockSchema = z.object({ at: z.number(), wallMs: z.number(), cpuMs: z.number() });

interface Row {
  readonly input: string;
  readonly over: string;
  readonly bytes: number;
  /** In CPU time of the loop's thread, the median of the rounds: on a machine of its own it is the time by the clock. */
  readonly longestBlockMs: number;
  /** By the clock, in each round: what else the machine does is in it. */
  readonly wallMs: readonly number[];
  readonly answer: string;
  readonly ms: number;
  readonly rssMb: number;
}

interface Wanted {
  readonly inputs: readonly HostileInput[];
  readonly rounds: number;
}

interface Bench {
  readonly url: string;
  readonly pid: number;
  readonly stack: StackProcess;
  readonly blocksFile: string;
}

async function bench(wanted: Wanted, profile: string | undefined, signal: AbortSignal): Promise<void> {
  const app = await buildApp();
  const folder = join(app.folder, 'stack');
  const [region, quota] = ['eastus', 100_000_000];
  const quotas = { tokensPerMinute: { [region]: quota }, requestsPerMinute: { [region]: quota } };
  const layout = { ports: { ...freePorts, regions: { [region]: 0 } }, models: [{ name: model, ...quotas }] };
  let stack: StackProcess | undefined;
  let started: Awaited<ReturnType<typeof startApp>> | undefined;
  try {
    stack = await startStackProcess({ folder, latency: 'instant', ...layout }, undefined, signal);
    const blocksFile = join(app.folder, 'blocks.ndjson');
    const watch = new URL('hostile-input/watch-blocks.ts', import.meta.url).href;
    const environment = { ...stack.environment, BLOCKS_FILE: blocksFile, LANES: '1', IDLE_SECONDS: '60' };
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    started = await startApp({ app, environment, nodeFlags: ['--import', watch, ...profiling] });
    report(await measureAll(wanted, { url: started.url, pid: started.child.pid, stack, blocksFile }, signal));
  } finally {
    await started?.child.stop();
    await stack?.child.stop();
    await app.remove();
  }
}

async function measureAll(wanted: Wanted, run: Bench, signal: AbortSignal): Promise<readonly Row[]> {
  // The first job loads the SDKs and the vocabulary, which is no input's doing.
  const [warmUp] = hostileInputs;
  if (warmUp !== undefined) {
    await measure(run, warmUp, 'warm-up');
  }
  const rows: Row[] = [];
  for (const [index, input] of wanted.inputs.entries()) {
    const rounds: Round[] = [];
    for (let round = 0; round < wanted.rounds; round += 1) {
      signal.throwIfAborted();
      rounds.push(await measure(run, input, `hostile-${index}-${round}`));
    }
    const cpuMs = rounds.map((round) => round.cpuMs).toSorted((a, b) => a - b);
    const longestBlockMs = cpuMs[Math.floor(cpuMs.length / 2)] ?? 0;
    const wallMs = rounds.map((round) => round.wallMs);
    const { bytes = 0, answer = '', ms = 0, rssMb = 0 } = rounds.at(-1) ?? {};
    rows.push({ input: input.name, over: input.over, bytes, longestBlockMs, wallMs, answer, ms, rssMb });
    console.log(
      `${longestBlockMs.toFixed(0).padStart(6)} ms (${wallMs.map((wall) => wall.toFixed(0)).join(', ')} by the clock)  ${input.over.padEnd(6)} ${input.name}: ${answer} after ${ms} ms, ${rssMb} MB`,
    );
  }
  return rows;
}

type Round = Pick<Row, 'bytes' | 'answer' | 'ms' | 'rssMb'> & { readonly cpuMs: number; readonly wallMs: number };

async function measure(run: Bench, input: HostileInput, id: string): Promise<Round> {
  const text = input.make(id);
  await sleep(300);
  const from = Date.now();
  const answer = input.over === 'queue' ? await enqueue(run, text, id) : await post(run, input.over, text);
  const ms = Date.now() - from;
  const end = await becomeQuiet(run);
  const blocks = await blocksOf(run);
  // A line stands for the quarter of a second before it.
  const inTime = blocks.filter(({ at }) => at > from && at <= end);
  const most = (figures: readonly number[]): number => Math.round(Math.max(0, ...figures) * 10) / 10;
  const { rssMb } = await readProcessUsage(run.pid);
  return {
    bytes: Buffer.byteLength(text),
    answer,
    ms,
    rssMb,
    cpuMs: most(inTime.map((block) => block.cpuMs)),
    wallMs: most(inTime.map((block) => block.wallMs)),
  };
}

async function post(run: Bench, over: 'json' | 'ndjson', body: string): Promise<string> {
  const type = over === 'json' ? 'application/json' : 'application/x-ndjson';
  const response = await fetch(`${run.url}/api/jobs`, { method: 'POST', headers: { 'content-type': type }, body });
  return `${response.status} ${shorten(await response.text())}`;
}

function shorten(answer: string): string {
  const words = /"(?:reason|message)":"([^"]{0,80})/u.exec(answer)?.[1];
  return words ?? /"status":"([^"]*)"/u.exec(answer)?.[1] ?? '';
}

/** Straight onto the queue, as another service would; answered by what became of the message. */
async function enqueue(run: Bench, text: string, id: string): Promise<string> {
  const client = new ServiceBusClient(run.stack.environment['ServiceBus'] ?? '');
  try {
    await client.createSender('jobs').sendMessages({ body: Buffer.from(text), messageId: id });
    const dead = client.createReceiver('jobs', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
    for (const until = Date.now() + longestMs; Date.now() < until;) {
      const messages = await dead.receiveMessages(10, { maxWaitTimeInMs: 300 });
      const message = messages.find(({ messageId }) => messageId === id);
      if (message !== undefined) {
        return `${message.deadLetterReason}: ${(message.deadLetterErrorDescription ?? '').slice(0, 80)}`;
      }
      const response = await fetch(`${run.url}/api/jobs/${id}`);
      const status = /"status":"([a-z-]+)"/u.exec(await response.text())?.[1];
      if (status === 'completed') {
        return status;
      }
    }
    return 'no end';
  } finally {
    await client.close();
  }
}

/** Until the app was hardly busy for a while: an accepted job is still to be run. */
async function becomeQuiet(run: Bench): Promise<number> {
  const until = Date.now() + longestMs;
  let before = (await readProcessUsage(run.pid)).cpuMs;
  do {
    await sleep(quietMs);
    const { cpuMs } = await readProcessUsage(run.pid);
    if (cpuMs - before < quietMs / 10) {
      break;
    }
    before = cpuMs;
  } while (Date.now() < until);
  return Date.now();
}

async function blocksOf(run: Bench): Promise<readonly z.infer<typeof blockSchema>[]> {
  const lines = (await readFile(run.blocksFile, 'utf8')).split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => blockSchema.parse(JSON.parse(line)));
}

function report(rows: readonly Row[]): void {
  const over = rows.filter((row) => row.longestBlockMs > aimMs);
  console.log(over.length === 0 ? `aim ≤ ${aimMs} ms: met` : `aim ≤ ${aimMs} ms: NOT met by ${over.length} inputs`);
  console.log(JSON.stringify({ rows }));
}

await untilInterrupted(async (signal) => {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(help);
    return;
  }
  const inputs = hostileInputs.filter(({ name }) => name.includes(values.only));
  const rounds = z.coerce.number().int().positive().parse(values.rounds);
  await bench({ inputs, rounds }, values.profile, signal);
});
