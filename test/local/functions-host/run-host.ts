import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const cli = fileURLToPath(import.meta.resolve('../../../local/functions-host/main.ts'));
export const fixtureApp = dirname(fileURLToPath(import.meta.resolve('./fixture-app/app.mjs')));

const event = z.looseObject({ pid: z.number(), event: z.string() });
export type FixtureEvent = z.infer<typeof event>;

const readyLine = z.object({
  ready: z.literal(true),
  url: z.string(),
  functions: z.array(z.object({ name: z.string(), trigger: z.string(), route: z.string().optional() })),
});

export interface HostRun {
  /** What FIXTURE_MODE is set to. */
  readonly mode: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  readonly appRoot?: string;
  /** A file shared by several hosts; one of its own by default. */
  readonly eventsFile?: string;
}

export interface HostProcess {
  readonly url: string;
  readonly functions: z.infer<typeof readyLine>['functions'];
  readonly pid: number;
  readonly log: readonly string[];
  readonly events: () => Promise<readonly FixtureEvent[]>;
  /** Waits until the events satisfy the condition. */
  readonly eventually: (condition: (events: readonly FixtureEvent[]) => boolean) => Promise<readonly FixtureEvent[]>;
  /** The exit code, after the signal when one is given. */
  readonly end: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<number | null>;
}

export type HostTrial =
  | { readonly kind: 'ready'; readonly host: HostProcess }
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly log: string };

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-host-'));
  context.after(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

function environmentWithout(prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith(prefix) ? [] : [[name, value]],
    ),
  );
}

/** Starts the CLI on the fixture app; without a ready line its exit code and log come back. */
export async function tryHost(context: TestContext, run: HostRun): Promise<HostTrial> {
  const folder = await temporaryFolder(context);
  const settingsFile = join(folder, 'local.settings.json');
  const eventsFile = run.eventsFile ?? join(folder, 'events.ndjson');
  const values = { FIXTURE_MODE: run.mode, FIXTURE_EVENTS: eventsFile, ...run.settings };
  await writeFile(settingsFile, JSON.stringify({ IsEncrypted: false, Values: values }));
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      cli,
      '--root',
      run.appRoot ?? fixtureApp,
      '--port',
      '0',
      '--settings',
      settingsFile,
      ...(run.arguments ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environmentWithout('FIXTURE_') },
  );
  const exited = once(child, 'exit').then(() => child.exitCode);
  const log: string[] = [];
  const errors = createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const logEnded = once(errors, 'close');
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const events = async () => readEvents(eventsFile);
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, functions } = readyLine.parse(JSON.parse(line));
    const host: HostProcess = {
      url,
      functions,
      pid: child.pid ?? 0,
      log,
      events,
      eventually: async (condition) => poll(events, condition),
      end: async (signal) => {
        if (signal !== undefined) {
          child.kill(signal);
        }
        return exited;
      },
    };
    return { kind: 'ready', host };
  }
  await logEnded;
  return { kind: 'ended', exitCode: await exited, log: log.join('\n') };
}

export async function startHost(context: TestContext, run: HostRun): Promise<HostProcess> {
  const tried = await tryHost(context, run);
  if (tried.kind === 'ended') {
    throw new Error(`The host ended with ${String(tried.exitCode)}:\n${tried.log}`);
  }
  return tried.host;
}

async function readEvents(file: string): Promise<FixtureEvent[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => event.parse(JSON.parse(line)));
}

/** Watches from outside a process: nothing tells the test that the fixture has written. */
export async function poll<Value>(read: () => Promise<Value>, condition: (value: Value) => boolean): Promise<Value> {
  const deadlineMs = Date.now() + 45_000;
  for (;;) {
    const value = await read();
    if (condition(value)) {
      return value;
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`Not reached within 45 s; the last value was ${JSON.stringify(value)}`);
    }
    await delay(25);
  }
}
