/** What a pump did in a time, and what it runs in. */
export interface PumpRun {
  /** Jobs that it may hold at once. */
  readonly places: number;
  readonly endedCalls: number;
  /** The times that these took, added up, in ms. */
  readonly callMs: number;
  readonly elapsedMs: number;
  /** How long its process was busy, in ms. */
  readonly busyMs: number;
}

/** Below this share of its time a process is too idle to tell what it could do. */
const tellingShare = 0.5;

/**
 * Jobs that the pump would end in a second if there were no quota: its places ÷ the mean time of a call (Little's law), or
 * what its process has time for, whichever is less; `undefined` when no call has ended. What jobs wait for their starts is
 * left out: it is the quota that has them wait, and further pumps would wait beside this one.
 */
export function drainPerSecond({ places, endedCalls, callMs, elapsedMs, busyMs }: PumpRun): number | undefined {
  if (endedCalls === 0 || elapsedMs <= 0) {
    return undefined;
  }
  const byHand = (places * 1000 * endedCalls) / Math.max(1, callMs);
  const byProcess = busyMs < elapsedMs * tellingShare ? Number.POSITIVE_INFINITY : (endedCalls * 1000) / busyMs;
  return Math.min(byHand, byProcess);
}
