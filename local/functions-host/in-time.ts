import { setTimeout as delay } from 'node:timers/promises';

/** @throws when it has not ended in time; what comes of it later is nobody's, and comes back when its lock ends */
export async function inTime<Value>(asked: Promise<Value>, mostMs: number): Promise<Value> {
  const over = new AbortController();
  const late = delay(mostMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer in ${mostMs} ms`);
  });
  late.catch(() => undefined);
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    over.abort();
  }
}
