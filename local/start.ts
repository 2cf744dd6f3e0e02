/**
 * `npm start`: the stack and the app on this machine, until Ctrl-C.
 *
 * Exit codes: 0 after SIGINT, SIGTERM or SIGHUP, 1 when it cannot start or a part died too often, 2 for wrong arguments.
 */
import { join } from 'node:path';
import { ensureBundle } from './start/ensure-bundle.ts';
import { holdFolder } from './start/hold-folder.ts';
import { takeInterruptions } from './start/interruption.ts';
import { runSystem, type System } from './start/run-system.ts';
import { nearPath } from './start/near-path.ts';
import { readStartOptions, type StartOptions } from './start/start-options.ts';
import { checkPorts } from './start/system-ports.ts';
import { waitUntilHealthy } from './start/wait-until-healthy.ts';
import { welcome } from './start/welcome.ts';
import { defaultModels, stackFiles, stackLayout } from './stack-layout.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readStartOptions(process.argv.slice(2), process.env);
  switch (read.kind) {
    case 'help':
      console.log(read.text);
      return 0;
    case 'wrong':
      console.error(`${read.problem}\nnpm start -- --help names every option.`);
      return 2;
    case 'run':
      return runUntilStopped(read.options);
  }
}

async function runUntilStopped(options: StartOptions): Promise<number> {
  const startedMs = performance.now();
  const { signal, interrupted } = takeInterruptions();
  let letGo: (() => void) | undefined;
  let system: System | undefined;
  try {
    letGo = await holdFolder(options.folder, 'Stop it first, or take another folder with --folder FOLDER.');
    system = await start(options, signal);
    await waitUntilHealthy(system.url, signal);
    console.log(describe(options, system, (performance.now() - startedMs) / 1000));
    const gaveUp = await Promise.race([interrupted, system.gaveUp]);
    if (gaveUp !== undefined) {
      throw new Error(`${gaveUp} The whole log: ${nearPath(join(options.folder, 'app.log'))} and stack.log beside it.`);
    }
    return 0;
  } catch (error) {
    if (signal.aborted) {
      return 0;
    }
    console.error(`\nSluice cannot run: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    if (system !== undefined) {
      console.log('\nStopping: first the app, then the stack …');
      await system.stop();
      console.log('Stopped.');
    }
    letGo?.();
  }
}

async function start(options: StartOptions, signal: AbortSignal): Promise<System> {
  const { folder, ports, processes, functionKey } = options;
  await checkPorts(ports);
  console.log('Starting the stack and the app …');
  const starting = runSystem({
    prepareApp: async () => ensureBundle(console.log),
    layout: { ...options.layout, folder, ports: ports.stack },
    appPort: ports.app,
    processes,
    functionKey,
    environment: process.env['LANES'] === undefined ? {} : { LANES: process.env['LANES'] },
    say: console.log,
    signal,
    ...(options.isVerbose ? { onLog: console.log } : {}),
  });
  return starting.catch(async (error: unknown) => {
    // A port that was taken since is told by its flag as well.
    await checkPorts(ports);
    throw error;
  });
}

function describe(options: StartOptions, system: System, seconds: number): string {
  const { folder, functionKey } = options;
  const { trace } = stackFiles(stackLayout({ folder }));
  const files = {
    folder: nearPath(folder),
    trace: nearPath(trace),
    logs: `${nearPath(join(folder, 'app.log'))}, ${nearPath(join(folder, 'stack.log'))}`,
  };
  return welcome({
    system,
    files,
    model: (options.layout.models ?? defaultModels)[0]?.name ?? '',
    functionKey,
    seconds,
  });
}
