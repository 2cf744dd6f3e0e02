/**
 * An Azure Functions host in this process; the app runs in a thread of its own (see `keep-app-worker.ts`), where the real
 * host has a worker process and gRPC.
 *
 * States: loading → running → stopping → stopped.
 *
 * 1. It starts whole or throws: an entry point that throws, no function, an unknown trigger or option, a taken port.
 * 2. Stopping: pulling ends first (timers, queues, new requests), then `appTerminate` hooks run while calls in flight
 *    have up to five seconds, the grace that the platform gives a worker.
 * 3. What the host holds (requests, messages and their locks, leases) outlives a worker that is replaced.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createInvoker, type Invoker } from './app/create-invoker.ts';
import type { HostKeys } from './http/host-keys.ts';
import { httpFunction, startHttpTrigger, type HttpTrigger } from './http/http-trigger.ts';
import { keepAppWorker, type KeptApp } from './app/keep-app-worker.ts';
import { openHostStorage, serviceBusConnector } from './open-clients.ts';
import { readBindings, type TriggeredFunction } from './app/read-bindings.ts';
import { readHostSettings, type HostSettings } from './settings/read-host-settings.ts';
import { resolveSettings, type Environment } from './settings/resolve-setting.ts';
import { startServiceBusTrigger, type ServiceBusTrigger } from './service-bus/service-bus-trigger.ts';
import { parseTimerSchedule } from './timers/timer-schedule.ts';
import { startTimerTrigger, type TimerTrigger } from './timers/timer-trigger.ts';

export interface FunctionsHostSettings {
  /** The folder with `package.json` (its `main` is the entry point) and `host.json`. */
  readonly appRoot: string;
  /** On the loopback address; 0 takes a free one. */
  readonly port: number;
  /** Merged over `process.env` for the app, like `Values` of `local.settings.json`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asked for by functions whose `authLevel` is not anonymous; absent: keys are not asked for, as in local tools. */
  readonly keys?: HostKeys;
  readonly log?: (line: string) => void;
  /** The app crashed so often that it is not started again: the process should end, as the real host's does. */
  readonly onGivenUp?: (reason: string) => void;
}

interface HostedFunction {
  readonly name: string;
  readonly trigger: 'httpTrigger' | 'timerTrigger' | 'serviceBusTrigger';
  /** Of an HTTP function, from the root: `/api/jobs/{id}`. */
  readonly route?: string;
}

export interface FunctionsHost {
  readonly port: number;
  readonly url: string;
  readonly functions: readonly HostedFunction[];
  readonly stop: () => Promise<void>;
}

/** @throws when anything of the app cannot be served. */
export async function startFunctionsHost(settings: FunctionsHostSettings): Promise<FunctionsHost> {
  const appRoot = resolve(settings.appRoot);
  const log = settings.log ?? (() => undefined);
  const environment = { ...process.env, ...settings.environment };
  const { settings: hostSettings, unknown } = await readHostSettings(appRoot, environment);
  for (const path of unknown) {
    log(`[warning] host: host.json: nothing reads "${path}", as in the real host.`);
  }
  const kept = await keepAppWorker({ appRoot, environment, log, onGivenUp: settings.onGivenUp ?? (() => undefined) });
  try {
    const functions = chosenFunctions(kept.app.functions.map(readBindings), hostSettings.functions);
    const invoker = createInvoker({ kept, timeoutMs: hostSettings.functionTimeoutMs });
    const hostId = `${kept.app.name.replaceAll(/[^a-z0-9-]/giu, '-')}-${digest(appRoot)}`;
    const start = { settings, hostSettings, environment, kept, functions, invoker, hostId, log };
    const triggers = await startTriggers(start);
    const url = `http://127.0.0.1:${triggers.http.port}`;
    log(`[information] host: ${functions.length} functions on ${url}`);
    return {
      port: triggers.http.port,
      url,
      functions: triggers.hosted,
      stop: async () => stop({ kept, invoker, triggers, log }),
    };
  } catch (error) {
    await kept.stop();
    throw error;
  }
}

const graceMs = 5000;
const closeMs = 2000;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Those that `functions` of host.json names; all when it is absent. */
function chosenFunctions(
  functions: readonly TriggeredFunction[],
  names: readonly string[] | undefined,
): readonly TriggeredFunction[] {
  const wanted = names?.map((name) => name.toLowerCase());
  return wanted === undefined ? functions : functions.filter(({ name }) => wanted.includes(name.toLowerCase()));
}

interface TriggerStart {
  readonly settings: FunctionsHostSettings;
  readonly hostSettings: HostSettings;
  readonly environment: Environment;
  readonly kept: KeptApp;
  readonly functions: readonly TriggeredFunction[];
  readonly invoker: Invoker;
  readonly hostId: string;
  readonly log: (line: string) => void;
}

interface Triggers {
  readonly http: HttpTrigger;
  readonly queues: readonly ServiceBusTrigger[];
  readonly timers: readonly TimerTrigger[];
  readonly hosted: readonly HostedFunction[];
}

/** HTTP first, since a taken port is the likeliest fault and nothing has been pulled then. */
async function startTriggers(start: TriggerStart): Promise<Triggers> {
  const { settings, hostSettings, functions, invoker } = start;
  const httpFunctions = functions
    .filter((target) => target.kind === 'httpTrigger')
    .map((target) => httpFunction(target, hostSettings.routePrefix));
  const startTimers = await prepareTimers(start);
  const startQueues = await prepareQueues(start);
  const http = await startHttpTrigger({
    functions: httpFunctions,
    port: settings.port,
    keys: settings.keys,
    all: functions,
    hostId: start.hostId,
    limits: hostSettings.http,
    invoker,
    isStreaming: start.kept.app.streamPort !== undefined,
  });
  const routes = new Map(httpFunctions.map((target) => [target.name, target.route.template]));
  return {
    http,
    queues: startQueues(),
    timers: startTimers(),
    hosted: functions.map(({ kind, name }) => {
      const route = routes.get(name);
      return route === undefined ? { name, trigger: kind } : { name, trigger: kind, route };
    }),
  };
}

async function prepareTimers({
  functions,
  environment,
  invoker,
  hostId,
  log,
}: TriggerStart): Promise<() => TimerTrigger[]> {
  const timers = functions.filter((target) => target.kind === 'timerTrigger');
  if (timers.length === 0) {
    return () => [];
  }
  const prepared = timers.map(({ name, binding }) => {
    const text = resolveSettings(binding.schedule, environment);
    return { name, binding, schedule: parseTimerSchedule(text, environment['WEBSITE_TIME_ZONE']) };
  });
  const container = await openHostStorage(environment);
  return () => prepared.map((timer) => startTimerTrigger(timer, { container, hostId, invoker, log }));
}

async function prepareQueues({
  functions,
  environment,
  hostSettings,
  invoker,
  log,
}: TriggerStart): Promise<() => ServiceBusTrigger[]> {
  const targets = functions.filter((target) => target.kind === 'serviceBusTrigger');
  const prepared = targets.map(async ({ name, binding }) => {
    const connect = await serviceBusConnector(binding.connection, environment);
    return { name, binding, queueName: resolveSettings(binding.queueName, environment), connect };
  });
  const queues = await Promise.all(prepared);
  const settings = hostSettings.serviceBus;
  return () => queues.map((queue) => startServiceBusTrigger(queue, { settings, invoker, log }));
}

interface Stop {
  readonly kept: KeptApp;
  readonly invoker: Invoker;
  readonly triggers: Triggers;
  readonly log: (line: string) => void;
}

async function stop({ kept, invoker, triggers, log }: Stop): Promise<void> {
  const { http, queues, timers } = triggers;
  http.stopAccepting();
  const timersEnded = timers.map(async (timer) => timer.stop());
  const grace = new AbortController();
  const deadline = delay(graceMs, 'late' as const, { signal: grace.signal }).catch(() => 'ended' as const);
  const work = (async () => {
    await Promise.all(queues.map(async (queue) => queue.stopPulling()));
    await (await kept.current()).terminate();
    await invoker.idle();
    await Promise.all(timersEnded);
    return 'ended' as const;
  })();
  if ((await Promise.race([work, deadline])) === 'late') {
    log('[warning] host: calls or appTerminate hooks were still running after five seconds of grace.');
  }
  grace.abort();
  await Promise.race([close(triggers), delay(closeMs, undefined, { ref: false })]);
  await kept.stop();
}

/** A broker that is away would hold the closing of its links up. */
async function close({ http, queues }: Triggers): Promise<void> {
  await http.close();
  await Promise.all(queues.map(async (queue) => queue.close()));
}
