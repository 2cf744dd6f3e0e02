import { createGate } from '../app/create-gate.ts';
import type { HttpLimits } from '../settings/read-host-settings.ts';

export interface Throttle {
  /** False when there were too many already; the call was not begun then. */
  readonly run: (call: () => Promise<void>) => Promise<boolean>;
}

/** Lets `maxConcurrentRequests` calls run at once, and as many wait as `maxOutstandingRequests` leaves. */
export function openThrottle({
  maxConcurrentRequests,
  maxOutstandingRequests,
}: Omit<HttpLimits, 'customHeaders'>): Throttle {
  const gate = maxConcurrentRequests === undefined ? undefined : createGate(maxConcurrentRequests);
  let outstanding = 0;
  return {
    run: async (call) => {
      if (maxOutstandingRequests !== undefined && outstanding >= maxOutstandingRequests) {
        return false;
      }
      outstanding += 1;
      await gate?.enter();
      try {
        await call();
      } finally {
        gate?.leave();
        outstanding -= 1;
      }
      return true;
    },
  };
}
