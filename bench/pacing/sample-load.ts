import { setTimeout as delay } from 'node:timers/promises';
import { readProcessUsage } from '../process-usage.ts';
import { type LoadSample, readMachineLoad } from './machine-load.ts';

const sampleEveryMs = 1000;
const msPerJiffy = 10;

/** Looks at the machine and at the run's processes every second, until it is told to end. */
export interface LoadSampling {
  readonly samples: readonly LoadSample[];
  readonly end: () => Promise<void>;
}

/** @param pids processes that may end meanwhile: what they used until then still counts */
export function sampleLoad(pids: readonly number[]): LoadSampling {
  const samples: LoadSample[] = [];
  const used = new Map<number, number>();
  const over = new AbortController();
  const take = async (): Promise<void> => {
    await Promise.all(
      pids.map(async (pid) => {
        const usage = await readProcessUsage(pid).catch(() => undefined);
        used.set(pid, usage?.cpuMs ?? used.get(pid) ?? 0);
      }),
    );
    const own = [...used.values()].reduce((sum, cpuMs) => sum + cpuMs, 0) / msPerJiffy;
    samples.push({ ...readMachineLoad(), at: Date.now(), own });
  };
  const sampling = (async (): Promise<void> => {
    while (!over.signal.aborted) {
      await take();
      await delay(sampleEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
    await take();
  })();
  return {
    samples,
    end: async () => {
      over.abort();
      await sampling;
    },
  };
}
