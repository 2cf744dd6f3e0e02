import { readFileSync } from 'node:fs';

/** Jiffies of all CPUs together since the machine started (proc(5)). */
export interface LoadSample {
  /** Epoch ms. */
  readonly at: number;
  readonly busy: number;
  readonly total: number;
}

/** Reads the first line of `/proc/stat`. @throws when the system has none */
export function readMachineLoad(at: number): LoadSample {
  return parseMachineLoad(readFileSync('/proc/stat', 'utf8'), at);
}

/** `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are counted in user already. */
export function parseMachineLoad(text: string, at: number): LoadSample {
  const fields = /^cpu\s+([\d ]+)$/mu.exec(text)?.[1]?.trim().split(' ').map(Number).slice(0, 8);
  if (fields === undefined) {
    throw new Error('/proc/stat tells nothing of the CPUs.');
  }
  const total = fields.reduce((sum, field) => sum + field, 0);
  const [, , , idle = 0, waiting = 0] = fields;
  return { at, busy: total - idle - waiting, total };
}

/** Busy share of all CPUs, 0 to 1, between the samples nearest outside the interval; not a number without two. */
export function busyShare(
  samples: readonly LoadSample[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number {
  const first = samples.findLast((sample) => sample.at <= fromMs) ?? samples[0];
  const last = samples.find((sample) => sample.at >= toMs) ?? samples.at(-1);
  return first === undefined || last === undefined ? Number.NaN : (last.busy - first.busy) / (last.total - first.total);
}
