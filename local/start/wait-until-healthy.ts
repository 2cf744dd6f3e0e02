import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 50;
const longestMs = 20_000;

/** Returns once the app says that its stores answer. @throws with its last answer when that takes too long */
export async function waitUntilHealthy(url: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + longestMs;
  let last = 'no answer';
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${url}/api/health`, { signal });
      last = `${response.status} ${await response.text()}`;
      if (response.ok) {
        return;
      }
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(pollMs, undefined, { signal });
  }
  throw new Error(`The app started, but ${url}/api/health does not say that it is well: ${last}`);
}
