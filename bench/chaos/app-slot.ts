import { join } from 'node:path';
import { type BuiltApp, startApp } from '../app-under-test.ts';
import { skewedClockEnvironment } from '../pacing/skewed-clock.ts';
import { type ProcessSlot, processSlot } from './process-slot.ts';

/** The place of one process of the app. */
export interface AppSlot extends Pick<ProcessSlot<unknown>, 'end' | 'close' | 'deaths'> {
  /** Undefined while it is down. */
  readonly url: () => string | undefined;
  readonly start: (skewSeconds: number) => Promise<void>;
  readonly traceFiles: readonly string[];
}

interface SlotSettings {
  readonly name: string;
  readonly app: BuiltApp;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

export function appSlot({ name, app, folder, environment, onLog }: SlotSettings): AppSlot {
  const traceFiles: string[] = [];
  const open = (skewSeconds: number) => async () => {
    const traceFile = join(folder, `${name}-${traceFiles.length + 1}.trace.ndjson`);
    traceFiles.push(traceFile);
    const skew = skewSeconds === 0 ? {} : await skewedClockEnvironment(skewSeconds);
    return startApp({ app, environment: { ...environment, ...skew, TRACE_FILE: traceFile }, onLog });
  };
  const slot = processSlot(name, open(0));
  return {
    url: () => slot.running()?.url,
    start: async (skewSeconds) => slot.start(open(skewSeconds)),
    end: slot.end,
    close: slot.close,
    deaths: slot.deaths,
    traceFiles,
  };
}
