/**
 * Preloaded (`--import`) into the processes of a run, which know nothing of it: writes how late their event loop is to
 * the file that `PACING_LAG_FILE` names, every second and at the end, so that a killed process has told too.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runsTheApp } from '../runs-the-app.ts';

/** The loop is looked at this often; a look that comes in time is recorded as exactly this. */
const resolutionMs = 10;
const writeEveryMs = 1000;

const file = process.env['PACING_LAG_FILE'];

if (runsTheApp() && file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const write = (): void => {
    const lag = { looks: delays.count, p50Ms: lateMs(delays.percentile(50)), p99Ms: lateMs(delays.percentile(99)) };
    // Whoever reads finds a whole file.
    writeFileSync(`${file}.new`, JSON.stringify({ ...lag, mostMs: lateMs(delays.max) }));
    renameSync(`${file}.new`, file);
  };
  setInterval(write, writeEveryMs).unref();
  process.once('exit', write);
}
