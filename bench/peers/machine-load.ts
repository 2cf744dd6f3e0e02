import { readFile } from 'node:fs/promises';

/** Ticks of all processors since the machine began. */
export interface ProcessorTicks {
  readonly busy: number;
  readonly total: number;
}

/** @throws when the system has no `/proc/stat` (proc(5)) */
export async function readProcessorTicks(): Promise<ProcessorTicks> {
  return parseProcessorTicks(await readFile('/proc/stat', 'utf8'));
}

/** The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal (guest is part of user). */
export function parseProcessorTicks(text: string): ProcessorTicks {
  const ticks = (/^cpu +(.+)$/mu.exec(text)?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  if (ticks.length < 8 || ticks.some((one) => !Number.isFinite(one))) {
    throw new Error('/proc/stat has no line of all processors that can be read.');
  }
  const total = ticks.reduce((sum, one) => sum + one, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

/** Share of all processors that was busy between two readings, 0 to 1. */
export function busyShare(before: ProcessorTicks, after: ProcessorTicks): number {
  return (after.busy - before.busy) / Math.max(1, after.total - before.total);
}
