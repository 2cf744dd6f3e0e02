import { readFileSync } from 'node:fs';

/** Jiffies of all CPUs together since the machine started (proc(5)). */
interface MachineLoad {
  readonly busy: number;
  readonly total: number;
}

export interface LoadSample extends MachineLoad {
  /** Epoch ms. */
  readonly at: number;
  /** What the run's own processes have used since they started, in jiffies. */
  readonly own: number;
}

/** Reads the first line of `/proc/stat`. @throws when the system has none */
export function readMachineLoad(): MachineLoad {
  return parseMachineLoad(readFileSync('/proc/stat', 'utf8'));
}

/** `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are counted in user already. */
export function parseMachineLoad(text: string): MachineLoad {
  const fields = /^cpu\s+([\d ]+)$/mu.exec(text)?.[1]?.trim().split(' ').map(Number).slice(0, 8);
  if (fields === undefined) {
    throw new Error('/proc/stat tells nothing of the CPUs.');
  }
  const total = fields.reduce((sum, field) => sum + field, 0);
  const [, , , idle = 0, waiting = 0] = fields;
  return { busy: total - idle - waiting, total };
}

/** Shares of the time of all CPUs, 0 to 1. */
export interface CpuShares {
  /** Busy, with whatever ran on the machine. */
  readonly machine: number;
  /** Busy with the run's own processes. */
  readonly own: number;
}

/** Between the samples nearest outside the interval; not numbers without two. */
export function cpuShares(
  samples: readonly LoadSample[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): CpuShares {
  const first = samples.findLast((sample) => sample.at <= fromMs) ?? samples[0];
  const last = samples.find((sample) => sample.at >= toMs) ?? samples.at(-1);
  if (first === undefined || last === undefined) {
    return { machine: Number.NaN, own: Number.NaN };
  }
  const total = last.total - first.total;
  return { machine: (last.busy - first.busy) / total, own: (last.own - first.own) / total };
}
