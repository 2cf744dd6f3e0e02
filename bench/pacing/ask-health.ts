import { setTimeout as delay } from 'node:timers/promises';
import type { AppUnderLoad } from './start-system.ts';

const answerWithinMs = 20_000;

/** What each process says of its own health at an instant (epoch ms); undefined when it is gone. */
export async function healthAt(
  apps: readonly AppUnderLoad[],
  at: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  await delay(Math.max(0, at - Date.now()), undefined, { signal });
  return Promise.all(apps.map(async (app) => askHealth(app, signal)));
}

/** The first call composes the app: it loads the SDKs and opens the connections. */
export async function askHealth({ url }: AppUnderLoad, signal: AbortSignal): Promise<unknown> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const response = await fetch(`${url}/api/health`, { signal: either });
    return await response.json();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError || error instanceof DOMException) {
      return undefined;
    }
    throw error;
  }
}
