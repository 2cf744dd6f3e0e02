/**
 * An Azure Functions host in this process: it drives the real `@azure/functions` 4.x programming model, without the
 * worker process and gRPC of the real host.
 *
 * States: loading → running → stopping → stopped. One app a process, for good: the library's setup and model are module
 * singletons.
 *
 * 1. It starts whole or throws: an entry point that throws, no function, an unknown trigger or option, a taken port.
 * 2. Stopping: pulling ends first (timers, queues, new requests), then `appTerminate` hooks run while calls in flight
 *    have up to five seconds, the grace that the platform gives a worker.
 * 3. A call over `functionTimeout` ends the process with exit code 124, where the real host would restart its worker.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createInvoker, type Invoker } from './create-invoker.ts';
import { provideFunctionsCore, type FunctionsCore } from './functions-core.ts';
import { httpFunction, startHttpTrigger, type HttpTrigger } from './http-trigger.ts';
import { loadApp } from './load-app.ts';
import { openHostStorage, serviceBusConnector } from './open-clients.ts';
import { openStreamServer } from './open-stream-server.ts';
import { readBindings, type TriggeredFunction } from './read-bindings.ts';
import { readHostSettings, type HostSettings } from './read-host-settings.ts';
import { resolveSettings } from './resolve-setting.ts';
import { startServiceBusTrigger, type ServiceBusTrigger } from './service-bus-trigger.ts';
import { parseTimerSchedule } from './timer-schedule.ts';
import { startTimerTrigger, type TimerTrigger } from './timer-trigger.ts';

export interface FunctionsHostSettings {
  /** The folder with `package.json` (its `main` is the entry point) and `host.json`. */
  readonly appRoot: string;
  /** On the loopback address; 0 takes a free one. */
  readonly port: number;
  /** Merged over `process.env` before the app is imported, like `Values` of `local.settings.json`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asked for by functions whose `authLevel` is not anonymous; absent: keys are not asked for, as in local tools. */
  readonly functionKey?: string;
  readonly log?: (line: string) => void;
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

/** @throws when anything of the app cannot be served; the process should end then, since the app stays imported. */
export async function startFunctionsHost(settings: FunctionsHostSettings): Promise<FunctionsHost> {
  const appRoot = resolve(settings.appRoot);
  const log = settings.log ?? (() => undefined);
  const hostSettings = await readHostSettings(appRoot);
  Object.assign(process.env, settings.environment);
  const core = provideFunctionsCore(log);
  const app = await loadApp(core, appRoot);
  const functions = [...core.functions.values()].map(readBindings);
  const invoker = createInvoker({
    core,
    timeoutMs: hostSettings.functionTimeoutMs,
    onTimeout: (name) => {
      log(`[critical] function ${name}: still running at the functionTimeout of host.json; the process ends.`);
      process.exit(timeoutExitCode);
    },
  });
  const hostId = `${app.name.replaceAll(/[^a-z0-9-]/giu, '-')}-${digest(appRoot)}`;
  const triggers = await startTriggers({ settings, hostSettings, core, functions, invoker, hostId, log });
  const url = `http://127.0.0.1:${triggers.http.port}`;
  log(`[information] host: ${functions.length} functions on ${url}`);
  return {
    port: triggers.http.port,
    url,
    functions: triggers.hosted,
    stop: async () => stop({ core, invoker, triggers, log }),
  };
}

/** As `timeout(1)` ends. */
const timeoutExitCode = 124;
const graceMs = 5000;
const closeMs = 2000;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

interface TriggerStart {
  readonly settings: FunctionsHostSettings;
  readonly hostSettings: HostSettings;
  readonly core: FunctionsCore;
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
  const model = start.core.model();
  if (model === undefined) {
    throw new Error('The app set no programming model.');
  }
  const { settings, hostSettings, functions, invoker } = start;
  const httpFunctions = functions
    .filter((target) => target.kind === 'httpTrigger')
    .map((target) => httpFunction(target, hostSettings.routePrefix));
  const startTimers = await prepareTimers(start);
  const startQueues = await prepareQueues(start);
  const http = await startHttpTrigger({
    functions: httpFunctions,
    port: settings.port,
    functionKey: settings.functionKey,
    invoker,
    streamServer: await openStreamServer(model),
  });
  const routes = new Map(httpFunctions.map((target) => [target.registered, target.route.template]));
  return {
    http,
    queues: startQueues(),
    timers: startTimers(),
    hosted: functions.map(({ kind, registered }) => {
      const { name } = registered.metadata;
      const route = routes.get(registered);
      return route === undefined ? { name, trigger: kind } : { name, trigger: kind, route };
    }),
  };
}

async function prepareTimers({ functions, invoker, hostId, log }: TriggerStart): Promise<() => TimerTrigger[]> {
  const timers = functions.filter((target) => target.kind === 'timerTrigger');
  if (timers.length === 0) {
    return () => [];
  }
  const prepared = timers.map(({ registered, binding }) => {
    const text = resolveSettings(binding.schedule, process.env);
    return { registered, binding, schedule: parseTimerSchedule(text, process.env['WEBSITE_TIME_ZONE']) };
  });
  const container = await openHostStorage(process.env);
  return () => prepared.map((timer) => startTimerTrigger(timer, { container, hostId, invoker, log }));
}

async function prepareQueues({
  functions,
  hostSettings,
  invoker,
  log,
}: TriggerStart): Promise<() => ServiceBusTrigger[]> {
  const targets = functions.filter((target) => target.kind === 'serviceBusTrigger');
  const prepared = targets.map(async ({ registered, binding }) => {
    const connect = await serviceBusConnector(binding.connection, process.env);
    return { registered, binding, queueName: resolveSettings(binding.queueName, process.env), connect };
  });
  const queues = await Promise.all(prepared);
  const settings = hostSettings.serviceBus;
  return () => queues.map((queue) => startServiceBusTrigger(queue, { settings, invoker, log }));
}

interface Stop {
  readonly core: FunctionsCore;
  readonly invoker: Invoker;
  readonly triggers: Triggers;
  readonly log: (line: string) => void;
}

async function stop({ core, invoker, triggers, log }: Stop): Promise<void> {
  const { http, queues, timers } = triggers;
  http.stopAccepting();
  const timersEnded = timers.map(async (timer) => timer.stop());
  const grace = new AbortController();
  const deadline = delay(graceMs, 'late' as const, { signal: grace.signal }).catch(() => 'ended' as const);
  const work = (async () => {
    await Promise.all(queues.map(async (queue) => queue.stopPulling()));
    await core.runHooks('appTerminate', { hookData: core.appHookData });
    await invoker.idle();
    await Promise.all(timersEnded);
    return 'ended' as const;
  })();
  if ((await Promise.race([work, deadline])) === 'late') {
    log('[warning] host: calls or appTerminate hooks were still running after five seconds of grace.');
  }
  grace.abort();
  await Promise.race([close(triggers), delay(closeMs, undefined, { ref: false })]);
}

/** A broker that is away would hold the closing of its links up. */
async function close({ http, queues }: Triggers): Promise<void> {
  await http.close();
  await Promise.all(queues.map(async (queue) => queue.close()));
}
