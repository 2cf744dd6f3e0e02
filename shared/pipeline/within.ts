import type { Clock } from '../clock.ts';

/** What a call gives within so many ms; `undefined` when it takes longer. A call that fails throws, unless it is late. */
export async function within<Result>(
  clock: Clock,
  ms: number,
  call: () => Promise<Result>,
): Promise<Result | undefined> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(() => undefined);
  try {
    return await Promise.race([call(), late]);
  } finally {
    answered.abort();
  }
}
