import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePorts, type StackLayout, type StackPorts } from '../../local/stack-layout.ts';
import { type AppProcess, startAppProcess, type StackProcess, startStackProcess } from '../../local/start-processes.ts';

/** Settings that make crashes heal within seconds instead of minutes. */
const quick = { PULL_WINDOW_SECONDS: '20', IDLE_SECONDS: '2', PARK_SECONDS: '0.5', CALL_TIMEOUT_SECONDS: '20' };

/** The stack and the app as processes of their own, with a folder of their own; both can be killed and started again. */
export interface RunningApp {
  readonly url: () => string;
  readonly stack: () => StackProcess;
  readonly killApp: () => Promise<void>;
  /** Tells the app to stop (SIGTERM), and waits for its end. */
  readonly stopApp: () => Promise<void>;
  readonly killStack: () => Promise<void>;
  readonly startApp: () => Promise<void>;
  readonly startStack: () => Promise<void>;
  /** Stops both and removes the folder. */
  readonly end: () => Promise<void>;
  /** The app's trace file so far. */
  readonly traceText: () => Promise<string>;
  /** What the app and the stack logged, for the message of a failing test. */
  readonly log: () => string;
}

export async function runApp(
  layout: Partial<StackLayout> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningApp> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const lines: string[] = [];
  let ports: StackPorts = freePorts;
  let stack: StackProcess | undefined;
  let app: AppProcess | undefined;
  const startStack = async (): Promise<void> => {
    stack = await startStackProcess({ folder, lockMs: 6000, ...layout, ports }, (line) => lines.push(`stack ${line}`));
    ({ ports } = stack);
  };
  const startApp = async (): Promise<void> => {
    const settings = { ...running(stack).environment, ...quick, ...environment };
    app = await startAppProcess({ environment: settings, port: 0, onLog: (line) => lines.push(`app ${line}`) });
  };
  await startStack();
  await startApp();
  return {
    url: () => running(app).url,
    stack: () => running(stack),
    killApp: async () => running(app).child.kill(),
    stopApp: async () => running(app).child.stop(),
    killStack: async () => running(stack).child.kill(),
    startApp,
    startStack,
    end: async () => {
      await app?.child.stop();
      await stack?.child.stop();
      await rm(folder, { recursive: true, force: true });
    },
    traceText: async () => readFile(join(folder, 'trace.ndjson'), 'utf8'),
    log: () => lines.slice(-40).join('\n'),
  };
}

function running<Part>(part: Part | undefined): Part {
  if (part === undefined) {
    throw new Error('The part was not started.');
  }
  return part;
}

const progressSchema = z.object({ total: z.number(), byState: z.record(z.string(), z.number()), isDone: z.boolean() });

export type Progress = z.infer<typeof progressSchema>;

/** A batch's progress; `undefined` while no job of it is known, or while the app does not answer. */
export async function progressOf(app: RunningApp, batchId: string): Promise<Progress | undefined> {
  try {
    const response = await fetch(`${app.url()}/api/batches/${batchId}`);
    return response.ok ? progressSchema.parse(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** Polls until the fact holds; the deadline bounds a failing test, it is no expectation. */
export async function until<Value>(
  what: string,
  app: RunningApp,
  look: () => Promise<Value | undefined>,
  withinMs = 90_000,
): Promise<Value> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`Not within ${withinMs / 1000} s: ${what}.\n${app.log()}`);
    }
    await sleep(200);
  }
}

export interface ChatJob {
  readonly id: string;
  readonly request: { readonly method: string; readonly url: string; readonly body: Readonly<Record<string, unknown>> };
}

export function chatJob(id: string, content = 'Say hello.', model = 'gpt-4o-mini'): ChatJob {
  const body = { model, max_tokens: 60, messages: [{ role: 'user', content }] };
  return { id, request: { method: 'POST', url: '/v1/chat/completions', body } };
}

export async function submit(app: RunningApp, batchId: string, jobs: readonly unknown[]): Promise<Response> {
  return fetch(`${app.url()}/api/jobs?batchId=${batchId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: jobs.map((job) => JSON.stringify(job)).join('\n'),
  });
}

const lineSchema = z.object({
  custom_id: z.string(),
  response: z.object({ body: z.record(z.string(), z.unknown()) }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export async function resultsOf(app: RunningApp, batchId: string): Promise<readonly z.infer<typeof lineSchema>[]> {
  const response = await fetch(`${app.url()}/api/batches/${batchId}/results`);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
}
