/**
 * Preloaded into every process that `startChild` starts. Their stdin is a pipe that the parent never writes to: when it
 * closes, the parent is gone, however it ended, and the child stops as if it had been told to.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.once('close', () => {
    process.kill(process.pid, 'SIGTERM');
  });
  process.stdin.resume();
  // The pipe alone is no reason to stay.
  process.stdin.unref();
}
