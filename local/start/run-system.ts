/**
 * The stack and the app's processes, each kept running. Stopping ends the app first, so that its pumps can give back
 * what they hold to a stack that still answers.
 */
import { join } from 'node:path';
import { startAppProcess, startStackProcess, type StackProcess } from '../start-processes.ts';
import type { StackLayout, StackPorts } from '../stack-layout.ts';
import { keepRunning, type KeptPart } from './keep-running.ts';
import { type LogFile, openLogFile } from './log-file.ts';

export interface System {
  /** `http://127.0.0.1:PORT` of the app's first process. */
  readonly url: string;
  readonly adminUrl: string;
  /** The settings of the app, as `Values` of a local.settings.json. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: StackPorts;
  /** Resolves with what to tell the user when a part died too often. */
  readonly gaveUp: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface SystemSettings {
  readonly layout: Partial<StackLayout> & { readonly folder: string; readonly ports: StackPorts };
  readonly appPort: number;
  readonly processes: number;
  readonly functionKey?: string | undefined;
  /** Settings of the app that win over those of the stack. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes what the app runs, while the stack starts. */
  readonly prepareApp: () => Promise<void>;
  /** Tells the user a line. */
  readonly say: (line: string) => void;
  /** Shows a log line as it comes. */
  readonly onLog?: (line: string) => void;
  /** Ends a start that is no longer wanted. */
  readonly signal: AbortSignal;
}

/** @throws when a part does not start; nothing is left running then */
export async function runSystem(settings: SystemSettings): Promise<System> {
  const { folder } = settings.layout;
  const logs = { stack: openLogFile(join(folder, 'stack.log')), app: openLogFile(join(folder, 'app.log')) };
  const parts: KeptPart[] = [];
  const stop = async (): Promise<void> => {
    const [stack, ...apps] = parts;
    await Promise.all(apps.map(async (app) => app.stop()));
    await stack?.stop();
    await Promise.all([logs.stack.close(), logs.app.close()]);
  };
  try {
    const [preparing, stack] = await Promise.allSettled([settings.prepareApp(), keepStack(settings, logs.stack)]);
    if (stack.status === 'rejected') {
      throw stack.reason;
    }
    parts.push(stack.value.part);
    if (preparing.status === 'rejected') {
      throw preparing.reason;
    }
    const { environment: values, adminUrl, ports } = stack.value.process;
    const lanes = String(settings.processes);
    const environment = { ...values, LANES: lanes, LEAST_LANES: lanes, ...settings.environment };
    const kept = { ...settings, environment };
    const apps = Array.from({ length: settings.processes }, async (_, index) => keepApp(kept, logs.app, index));
    const started = await Promise.allSettled(apps);
    parts.push(...started.flatMap((one) => (one.status === 'fulfilled' ? [one.value.part] : [])));
    const [first] = await Promise.all(apps);
    const gaveUp = Promise.race(parts.map(async (part) => part.gaveUp));
    return { url: first?.url ?? '', adminUrl, environment, ports, gaveUp, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function keepStack(
  settings: SystemSettings,
  log: LogFile,
): Promise<{ readonly part: KeptPart; readonly process: StackProcess }> {
  const onLog = logger(settings, log, 'stack');
  const held: { process?: StackProcess } = {};
  const start = async (signal: AbortSignal) => {
    // Started again, it takes the ports that the app knows.
    const ports = held.process?.ports ?? settings.layout.ports;
    held.process = await startStackProcess({ ...settings.layout, ports }, onLog, signal);
    return held.process.child;
  };
  const part = await keepRunning({ name: 'The stack', say: settings.say, start }, settings.signal);
  if (held.process === undefined) {
    throw new Error('The stack was started, but never told its ports.');
  }
  return { part, process: held.process };
}

async function keepApp(
  settings: SystemSettings & { readonly environment: Readonly<Record<string, string>> },
  log: LogFile,
  index: number,
): Promise<{ readonly part: KeptPart; readonly url: string }> {
  const name = settings.processes === 1 ? 'The app' : `The app's process ${index + 1}`;
  const onLog = logger(settings, log, settings.processes === 1 ? 'app' : `app ${index + 1}`);
  const { environment, functionKey } = settings;
  // The first has the port that is told; the others answer HTTP as well, on ports that nobody asks for.
  let port = index === 0 ? settings.appPort : 0;
  let url = '';
  const start = async (signal: AbortSignal) => {
    const app = await startAppProcess({
      environment,
      port,
      onLog,
      signal,
      ...(functionKey === undefined ? {} : { functionKey }),
    });
    ({ url } = app);
    port = Number(new URL(url).port);
    return app.child;
  };
  const part = await keepRunning({ name, say: settings.say, start }, settings.signal);
  return { part, url };
}

function logger({ onLog }: SystemSettings, log: LogFile, name: string): (line: string) => void {
  return (line) => {
    log.write(name.startsWith('app ') ? `${name}: ${line}` : line);
    onLog?.(`${name} │ ${line}`);
  };
}
