import { readFile } from 'node:fs/promises';

/** What a process has used since its start, as Linux counts it. */
export interface ProcessUsage {
  /** User and system time of all its threads; counted in steps of 10 ms. */
  readonly cpuMs: number;
  /** Resident memory now, and the most that it ever was. */
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * Reads `/proc/PID/stat` and `/proc/PID/status` (proc(5)).
 *
 * @throws when the process is gone, or the system has no `/proc`
 */
export async function readProcessUsage(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The second field, the command in brackets, may hold blanks: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    cpuMs: (ticks * 1000) / ticksPerSecond,
    rssMb: megabytes(status, 'VmRSS'),
    peakRssMb: megabytes(status, 'VmHWM'),
  };
}

function megabytes(status: string, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1];
  if (kilobytes === undefined) {
    throw new Error(`/proc tells no ${field} of the process: it has ended.`);
  }
  return Math.round((Number(kilobytes) * 1024) / 100_000) / 10;
}
