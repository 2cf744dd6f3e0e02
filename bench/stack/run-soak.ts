import { setTimeout as delay } from 'node:timers/promises';
import { readProcessUsage } from '../process-usage.ts';
import type { BenchContext, BenchPart, Figures, Soak } from './part.ts';

const sampleEveryMs = 2000;

/**
 * A steady load on all parts at once, while the resident memory of their processes is watched.
 *
 * @returns of each part: operations, mean resident memory of the second and of the last fifth of the time, their ratio,
 *   and the peak. The first fifth is left out: it is when buffers and compiled code are made.
 */
export async function runSoak(
  { parts, soakMinutes }: { readonly parts: readonly BenchPart[]; readonly soakMinutes: number },
  contextOf: (part: BenchPart) => Promise<BenchContext>,
  signal: AbortSignal,
): Promise<Figures> {
  const endMs = performance.now() + soakMinutes * 60_000;
  const runs = parts.map(async (part) => soakPart(part, await contextOf(part), { endMs, signal }));
  const outcomes = await Promise.allSettled(runs);
  const figures: Record<string, number> = { minutes: soakMinutes };
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
    Object.assign(figures, outcome.value);
  }
  return figures;
}

async function soakPart(
  part: BenchPart,
  context: BenchContext,
  { endMs, signal }: { readonly endMs: number; readonly signal: AbortSignal },
): Promise<Figures> {
  const soak = await part.openSoak(context);
  const watching = new AbortController();
  const samples: number[] = [];
  const watch = watchMemory(soak, { samples, signal: watching.signal, tell: context.tell });
  let operations = 0;
  try {
    while (performance.now() < endMs) {
      signal.throwIfAborted();
      operations += await soak.round();
    }
  } finally {
    watching.abort();
    await watch;
    await soak.stop();
  }
  const early = mean(fifth(samples, 1));
  const late = mean(fifth(samples, 4));
  const named = (name: string): string => `${part.name}${name}`;
  return {
    [named('Operations')]: operations,
    [named('RssMbEarly')]: early,
    [named('RssMbLate')]: late,
    [named('RssRatio')]: late / early,
    [named('RssMbPeak')]: Math.max(...samples),
  };
}

async function watchMemory(
  { server }: Soak,
  { samples, signal, tell }: { samples: number[]; readonly signal: AbortSignal; readonly tell: (line: string) => void },
): Promise<void> {
  while (!signal.aborted) {
    const { rssMb } = await readProcessUsage(server.pid);
    samples.push(rssMb);
    if (samples.length % 15 === 1) {
      tell(`${server.name}: ${rssMb} MB`);
    }
    await delay(sampleEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

function fifth(values: readonly number[], index: number): number[] {
  const size = values.length / 5;
  return values.slice(Math.floor(index * size), Math.ceil((index + 1) * size));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
