import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from '../../local/child-process.ts';
import { openLogFile } from '../../local/start/log-file.ts';
import { type StackProcess, startStackProcess } from '../../local/start-processes.ts';
import { freePorts, type StackModel } from '../../local/stack-layout.ts';
import { type BuiltApp, startApp } from '../app-under-test.ts';
import { lagEnvironment, lagFlags } from './loop-lag.ts';
import { jobsInHand, type PacingRun } from './plan-runs.ts';
import { pacingRegions } from './scenario.ts';
import { skewedClockEnvironment } from './skewed-clock.ts';

export const pacingModel = 'gpt-4o-mini';

/** One process of the app, and where it tells of itself. */
export interface AppUnderLoad {
  readonly child: Child;
  readonly url: string;
  readonly traceFile: string;
  readonly lagFile: string;
}

/** A stack and N processes of the app, running and idle. */
export interface PacingSystem {
  readonly stack: StackProcess;
  readonly stackLagFile: string;
  readonly apps: readonly AppUnderLoad[];
  /** Ends every process; may be called for one that is gone. */
  readonly stop: () => Promise<void>;
}

/** @throws when a process does not start; none is left then */
export async function startSystem(
  run: PacingRun,
  { app, folder, signal }: { readonly app: BuiltApp; readonly folder: string; readonly signal: AbortSignal },
): Promise<PacingSystem> {
  await mkdir(folder, { recursive: true });
  const children: Child[] = [];
  const logs: { readonly close: () => Promise<void> }[] = [];
  const logTo = (name: string): ((line: string) => void) => {
    const log = openLogFile(join(folder, `${name}.log`));
    logs.push(log);
    return log.write;
  };
  const stop = async (): Promise<void> => {
    const [stackChild, ...apps] = children;
    await Promise.allSettled(apps.map(async (child) => child.stop()));
    await stackChild?.stop();
    await Promise.all(logs.map(async (log) => log.close()));
  };
  try {
    const stackLagFile = join(folder, 'stack.lag.json');
    const stack = await startStackProcess(stackLayoutOf(run, folder), logTo('stack'), signal, {
      nodeFlags: lagFlags,
      environment: lagEnvironment(stackLagFile),
    });
    children.push(stack.child);
    const starting = Array.from({ length: run.processes }, async (_, index) => {
      const files = {
        traceFile: join(folder, `app-${index}.trace.ndjson`),
        lagFile: join(folder, `app-${index}.lag.json`),
      };
      const environment = {
        ...stack.environment,
        ...(await appSettings(run, index)),
        ...lagEnvironment(files.lagFile),
      };
      const started = await startApp({
        app,
        environment: { ...environment, TRACE_FILE: files.traceFile },
        nodeFlags: lagFlags,
        onLog: logTo(`app-${index}`),
      });
      children.push(started.child);
      return { ...started, ...files };
    });
    // Those that do start are known to `stop` before another's failure ends the run.
    await Promise.allSettled(starting);
    const apps = await Promise.all(starting);
    signal.throwIfAborted();
    return { stack, stackLagFile, apps, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the app's settings say besides where the stack is. */
async function appSettings(run: PacingRun, index: number): Promise<Readonly<Record<string, string>>> {
  const { skewedClock } = run.scenario;
  const skew = skewedClock?.process === index ? await skewedClockEnvironment(skewedClock.seconds) : {};
  // As many pumps as processes, though fewer could drain what waits: it is their number that is measured.
  const lanes = String(run.processes);
  return { LANES: lanes, LEAST_LANES: lanes, MAX_JOBS_IN_HAND: String(jobsInHand(run)), ...skew };
}

function stackLayoutOf(run: PacingRun, folder: string): Parameters<typeof startStackProcess>[0] {
  const { scenario, seed } = run;
  const each = <Value>(value: Value): Readonly<Record<string, Value>> =>
    Object.fromEntries(pacingRegions.map(({ name }) => [name, value]));
  const { neighbourShare, faces = {} } = scenario;
  const neighbour = neighbourShare === undefined ? {} : { neighbour: { share: neighbourShare } };
  const model: StackModel = {
    name: pacingModel,
    tokensPerMinute: each(scenario.quota.tokensPerMinute),
    requestsPerMinute: each(scenario.quota.requestsPerMinute),
    facesByRegion: Object.fromEntries(
      pacingRegions.map(({ name, window }) => [name, { tokenWindow: window, ...neighbour, ...faces[window] }]),
    ),
  };
  const ports = { ...freePorts, regions: each(0) };
  return { folder: join(folder, 'stack'), ports, models: [model], latency: scenario.latency, seed };
}
