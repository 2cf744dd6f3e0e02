/**
 * Preloaded (`--import`) into the app, which knows nothing of it: appends to the file that `BLOCKS_FILE` names how long
 * the event loop was held up at the longest, for each quarter of a second.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** The loop is looked at this often; a look that comes in time is recorded as exactly this. */
const resolutionMs = 10;
const writeEveryMs = 250;

const file = process.env['BLOCKS_FILE'];

if (isMainThread && file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  setInterval(() => {
    const longestBlockMs = delays.count === 0 ? 0 : Math.max(0, delays.max / 1e6 - resolutionMs);
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), longestBlockMs })}\n`);
    delays.reset();
  }, writeEveryMs).unref();
}
