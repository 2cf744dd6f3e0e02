import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openLogFile } from '../../local/start/log-file.ts';
import { type StackProcess, startStackProcess } from '../../local/start-processes.ts';
import { freePorts, type StackLayout, stackLayout, stackQueues } from '../../local/stack-layout.ts';
import type { BuiltApp } from '../app-under-test.ts';
import { type AppSlot, appSlot } from './app-slot.ts';
import type { FaultSite } from './fault.ts';
import { chaosModels } from './plan-jobs.ts';
import { type ProcessSlot, processSlot } from './process-slot.ts';

/** The stack and the processes of the app; each can be ended and started again. */
export interface ChaosSystem {
  readonly apps: readonly AppSlot[];
  readonly environment: Readonly<Record<string, string>>;
  readonly adminUrl: string;
  readonly site: FaultSite;
  /** For how long a message is locked, in ms. */
  readonly lockMs: number;
  /** The process of the whole stack: it starts on the ports that the app knows. */
  readonly stack: Pick<ProcessSlot<StackProcess>, 'start' | 'end' | 'starts' | 'deaths'>;
  /** Ends every process; may be called twice. */
  readonly stop: () => Promise<void>;
}

const regions = ['eastus', 'swedencentral'] as const;

/** Crashes heal within seconds instead of minutes. */
const quick = { PULL_WINDOW_SECONDS: '15', IDLE_SECONDS: '2', PARK_SECONDS: '0.5', CALL_TIMEOUT_SECONDS: '15' };
const lockMs = 10_000;

/** Enough for the jobs to be through soon after the last fault, and little enough to be waited for now and then. */
const quota = { tokensPerMinute: 400_000, requestsPerMinute: 3000 } as const;

/** @throws when a process does not start; none is left then */
export async function startSystem(input: {
  readonly app: BuiltApp;
  readonly folder: string;
  readonly processes: number;
  readonly seed: number;
}): Promise<ChaosSystem> {
  const { app, folder, processes, seed } = input;
  await mkdir(folder, { recursive: true });
  const layout = layoutOf(join(folder, 'stack'), seed);
  const stackLog = openLogFile(join(folder, 'stack.log'));
  const logs = [stackLog];
  const closing = new AbortController();
  const first = await startStackProcess(layout, stackLog.write, closing.signal);
  const { environment, adminUrl, ports } = first;
  const again = async (): Promise<StackProcess> =>
    startStackProcess({ ...layout, ports }, stackLog.write, closing.signal);
  const stack = processSlot('The stack', again);
  await stack.start(async () => first);
  const apps = Array.from({ length: processes }, (_, index) => {
    const name = `app-${index}`;
    const log = openLogFile(join(folder, `${name}.log`));
    logs.push(log);
    const lanes = { LANES: String(processes + 1), LEAST_LANES: String(processes) };
    return appSlot({ name, app, folder, environment: { ...environment, ...quick, ...lanes }, onLog: log.write });
  });
  const stop = async (): Promise<void> => {
    closing.abort();
    await Promise.allSettled(apps.map(async (slot) => slot.close()));
    await stack.close();
    await Promise.all(logs.map(async (log) => log.close()));
  };
  const system = {
    apps,
    environment,
    adminUrl,
    site: siteOf(layout, processes),
    lockMs,
    stack,
    stop,
  };
  try {
    await Promise.all(apps.map(async (slot) => slot.start(0)));
    return system;
  } catch (error) {
    await stop();
    throw error;
  }
}

function layoutOf(folder: string, seed: number): StackLayout {
  const each = <Value>(value: Value): Readonly<Record<string, Value>> =>
    Object.fromEntries(regions.map((name) => [name, value]));
  const { tokensPerMinute, requestsPerMinute } = quota;
  const chat = chaosModels.chat.map((name) => ({
    name,
    tokensPerMinute: each(tokensPerMinute),
    requestsPerMinute: each(requestsPerMinute),
  }));
  const [only] = regions;
  const embeddings = {
    name: chaosModels.embeddings,
    tokensPerMinute: { [only]: tokensPerMinute },
    requestsPerMinute: { [only]: requestsPerMinute },
  };
  return stackLayout({
    folder,
    ports: { ...freePorts, regions: each(0) },
    models: [...chat, embeddings],
    latency: { firstTokenMs: 300, tokensPerSecond: 60, tailProbability: 0.03, tailFactor: 6 },
    seed,
    lockMs,
  });
}

function siteOf(layout: StackLayout, processes: number): FaultSite {
  const queues = stackQueues(layout).map(({ name }) => name);
  return {
    processes,
    regions,
    queues,
    deployments: layout.models.flatMap(({ name, tokensPerMinute }) =>
      Object.keys(tokensPerMinute).map((region) => ({ region, name })),
    ),
  };
}
