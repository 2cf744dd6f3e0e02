import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../../local/child-process.ts';
import { type BuiltApp, startApp } from '../app-under-test.ts';
import { skewedClockEnvironment } from '../pacing/skewed-clock.ts';

/**
 * One place for a process of the app, which ends and starts again many times.
 *
 * States: down ⇄ up → closed.
 * 1. A process that ends without being told to is counted as a death, and started again, as the real host would.
 * 2. Starting fails at most `mostStarts` times in a row; then the run is over.
 */
export interface AppSlot {
  /** Undefined while it is down. */
  readonly url: () => string | undefined;
  readonly start: (skewSeconds: number) => Promise<void>;
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** Ends it for good. */
  readonly close: () => Promise<void>;
  /** Deaths that nobody asked for, each with the last lines of its log. */
  readonly deaths: readonly string[];
  readonly traceFiles: readonly string[];
}

interface SlotSettings {
  readonly name: string;
  readonly app: BuiltApp;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

const mostStarts = 3;
const startAgainMs = 500;

interface Running {
  readonly child: Child;
  readonly url: string;
}

export function appSlot(settings: SlotSettings): AppSlot {
  const { name, folder } = settings;
  const deaths: string[] = [];
  const traceFiles: string[] = [];
  const state: { running: Running | undefined; isClosed: boolean } = { running: undefined, isClosed: false };
  const watch = async (running: Running): Promise<void> => {
    const end = await running.child.ended;
    if (state.running !== running) {
      return;
    }
    state.running = undefined;
    deaths.push(`${name} ended by itself (${end}).\n${running.child.lastLines().slice(-12).join('\n')}`);
    if (!state.isClosed) {
      await start(0);
    }
  };
  const start = async (skewSeconds: number): Promise<void> => {
    if (state.isClosed || state.running !== undefined) {
      return;
    }
    const traceFile = join(folder, `${name}-${traceFiles.length + 1}.trace.ndjson`);
    traceFiles.push(traceFile);
    const skew = skewSeconds === 0 ? {} : await skewedClockEnvironment(skewSeconds);
    const running = await startRepeatedly(settings, { ...settings.environment, ...skew, TRACE_FILE: traceFile });
    if (state.isClosed) {
      await running.child.kill();
      return;
    }
    state.running = running;
    void watch(running);
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const { running } = state;
    state.running = undefined;
    await (signal === 'SIGKILL' ? running?.child.kill() : running?.child.stop());
  };
  return {
    url: () => state.running?.url,
    start,
    end,
    close: async () => {
      state.isClosed = true;
      await end('SIGTERM');
    },
    deaths,
    traceFiles,
  };
}

async function startRepeatedly(
  { app, onLog }: SlotSettings,
  environment: Readonly<Record<string, string>>,
): Promise<Running> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startApp({ app, environment, onLog });
    } catch (error) {
      if (tries === mostStarts) {
        throw error;
      }
      await delay(startAgainMs);
    }
  }
}
