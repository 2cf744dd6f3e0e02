import { join } from 'node:path';
import { type Stack, startStack } from '../local/start-stack.ts';
import { freePorts, stackLayout, type StackModel } from '../local/stack-layout.ts';
import { type BuiltApp, startApp } from './app-under-test.ts';
import { enqueueJobs, postJobs } from './feed-jobs.ts';
import { readCounters, type RunResult, type Tell, watchRun } from './watch-run.ts';

/** How the jobs of one run come and how fast they may go. */
export interface RunSettings {
  readonly name: string;
  readonly jobs: number;
  /** Jobs at the start of the run that are left out of the measurement. */
  readonly warmUp: number;
  readonly bytes: number;
  readonly maxTokens: number;
  readonly model: StackModel;
  /**
   * `queue`: straight onto the queue, all of them before the app starts. `http`: posted while it runs, the rest when the
   * warm-up is through, so that what is measured pays for its own submits.
   */
  readonly over: 'queue' | 'http';
  readonly jobsInHand: number;
  /** Flags of Node for the app's process. */
  readonly nodeFlags: readonly string[];
}

/** The one region of these runs; quotas name it. */
export const benchRegion = 'eastus';

interface RunContext {
  readonly signal: AbortSignal;
  readonly tell: Tell;
  /** Called when the stack is there and the app is not. */
  readonly withStack?: (stack: Stack) => Promise<void>;
}

/** Runs the jobs through one process of the app, with the stack in this one, and watches it from outside. */
export async function runJobs(app: BuiltApp, settings: RunSettings, context: RunContext): Promise<RunResult> {
  const stack = await startStack(
    stackLayout({
      folder: join(app.folder, 'stacks', settings.name),
      ports: { ...freePorts, regions: { [benchRegion]: 0 } },
      models: [settings.model],
      latency: 'instant',
      lockMs: 60_000,
    }),
  );
  try {
    await context.withStack?.(stack);
    return await runOn(stack, app, settings, context);
  } finally {
    await stack.stop();
  }
}

async function runOn(stack: Stack, app: BuiltApp, settings: RunSettings, context: RunContext): Promise<RunResult> {
  const { signal, tell } = context;
  const { name, jobs, warmUp } = settings;
  const shape = { ...settings, prefix: name, model: settings.model.name };
  if (settings.over === 'queue') {
    await enqueueJobs(stack, shape, { from: 0, to: jobs, signal });
    tell(`  ${jobs} jobs are on the queue`);
  }
  const calledBefore = (await readCounters(stack)).completed;
  const process = await startApp({
    app,
    environment: { ...stack.environment, LANES: '1', MAX_JOBS_IN_HAND: String(settings.jobsInHand) },
    nodeFlags: settings.nodeFlags,
    onLog: (line) => tell(`  app: ${line}`),
  });
  const stopped = new AbortController();
  const either = AbortSignal.any([signal, stopped.signal]);
  const warm = Promise.withResolvers<void>();
  const isStart = (sample: { readonly called: number }): boolean => {
    const isWarm = sample.called >= warmUp;
    if (isWarm) {
      warm.resolve();
    }
    return isWarm;
  };
  const post = async (): Promise<void> => {
    await postJobs(process.url, shape, { from: 0, to: warmUp, signal: either });
    await warm.promise;
    await postJobs(process.url, shape, { from: warmUp, to: jobs, signal: either });
  };
  try {
    const watching = watchRun(
      { name, jobs, stack, pid: process.child.pid, calledBefore, isStart },
      { signal: either, tell },
    );
    // Whichever fails ends the other.
    const posting = settings.over === 'http' ? post() : Promise.resolve();
    const [result] = await Promise.all([watching, posting]);
    return result;
  } finally {
    stopped.abort();
    warm.resolve();
    await process.child.stop();
  }
}
