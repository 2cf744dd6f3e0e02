import type { ServiceClock } from '../../shared/bucket/service-clock.ts';
import type { Clock } from '../../shared/clock.ts';

export interface FakeClock extends Clock {
  /** Lets `ms` milliseconds pass: whoever sleeps wakes in the order of the times, and gets to run before the next one. */
  readonly advance: (ms: number) => Promise<void>;
  /** Lets time pass until the work has ended; fails when nobody sleeps and it has not, or after `mostMs`. */
  readonly run: <Result>(work: Promise<Result>, mostMs?: number) => Promise<Result>;
  /** Lets everybody run who can without time passing. */
  readonly settle: () => Promise<void>;
  /** How many are asleep. */
  readonly sleepers: () => number;
}

/** A clock that is known to be the service's. */
export function exactClock(clock: Clock): ServiceClock {
  return {
    ...clock,
    errorMs: () => 0,
    measure: async () => undefined,
    standing: () => ({ errorMs: 0, skewMs: 0, state: 'known' }),
  };
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

const longestRunMs = 24 * 3_600_000;

/** Time that passes only when it is told to. Starts at a round instant, so that cells and windows begin there. */
export function fakeClock(startMs = 1_800_000_000_000): FakeClock {
  let now = startMs;
  const sleepers = new Set<Sleeper>();
  const settle = async (): Promise<void> => {
    // One turn of the event loop: every promise that can go on has gone on by then.
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await promise;
  };
  /** Wakes the next one who sleeps until `limit` at the latest; false when there is none. */
  const wakeNext = (limit: number): boolean => {
    const [next] = [...sleepers].toSorted((a, b) => a.at - b.at);
    if (next === undefined || next.at > limit) {
      return false;
    }
    now = Math.max(now, next.at);
    next.wake();
    return true;
  };
  return {
    now: () => now,
    settle,
    sleepers: () => sleepers.size,
    sleep: async (ms, signal) => {
      if (ms <= 0 || signal?.aborted === true) {
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const sleeper = { at: now + ms, wake: (): void => resolve() };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
      await promise.finally(() => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', sleeper.wake);
      });
    },
    advance: async (ms) => {
      const until = now + ms;
      do {
        await settle();
      } while (wakeNext(until));
      now = until;
      await settle();
    },
    run: async (work, mostMs = longestRunMs) => {
      const limit = now + mostMs;
      const over = new AbortController();
      const watched = work.finally(() => over.abort());
      watched.catch(() => undefined);
      await settle();
      while (!over.signal.aborted) {
        if (!wakeNext(limit)) {
          throw new Error(`The work does not end: ${sleepers.size} sleep, ${now - limit + mostMs} ms have passed.`);
        }
        await settle();
      }
      return watched;
    },
  };
}
