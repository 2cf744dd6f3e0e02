import { isMainThread, threadName } from 'node:worker_threads';

/**
 * Whether a file that was preloaded into a process runs in the thread to watch: that of the app under the Functions host,
 * and otherwise the main one.
 */
export function runsTheApp(): boolean {
  const isHost = process.argv[1]?.endsWith('functions-host/main.ts') === true;
  return threadName === 'functions-app' || (isMainThread && !isHost);
}
