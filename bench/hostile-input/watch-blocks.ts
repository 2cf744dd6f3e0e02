/**
 * Preloaded (`--import`) into the app, which knows nothing of it: appends to the file that `BLOCKS_FILE` names how long
 * the event loop was held up at the longest, for each quarter of a second; by the clock, and by the CPU time of its
 * thread, which leaves out what other processes took of the machine meanwhile.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runsTheApp } from '../runs-the-app.ts';

/** The loop is looked at this often; a look that comes in time is recorded as exactly this. */
const resolutionMs = 10;
const writeEveryMs = 250;

const file = process.env['BLOCKS_FILE'];

if (runsTheApp() && file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let before = process.threadCpuUsage();
  let mostCpuMs = 0;
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    mostCpuMs = Math.max(mostCpuMs, (user + system) / 1000);
  }, resolutionMs).unref();
  setInterval(() => {
    const wallMs = delays.count === 0 ? 0 : Math.max(0, delays.max / 1e6 - resolutionMs);
    // Between two looks there may be as much ordinary work as fits.
    const cpuMs = Math.max(0, mostCpuMs - resolutionMs);
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), wallMs, cpuMs })}\n`);
    delays.reset();
    mostCpuMs = 0;
  }, writeEveryMs).unref();
}
