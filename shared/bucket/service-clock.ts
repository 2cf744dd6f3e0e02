import type { Clock } from '../clock.ts';
import { ClockBound, type DatedAnswer } from './clock-bound.ts';

/**
 * Time as the Cosmos account has it, which every worker shares, with a bound on its error (B2). `now()` is epoch ms of the
 * service, and that of the machine before the first answer.
 */
export interface ServiceClock extends Clock {
  /** The most that `now()` is wrong, in ms; Infinity while that is not known, or the machine's clock is unfit. */
  readonly errorMs: () => number;
  /** Asks the service for the time until the error is at most `targetMs`, or it does not answer. Callers share the work. */
  readonly measure: (targetMs: number) => Promise<void>;
  readonly standing: () => ClockStanding;
}

export interface ClockStanding {
  readonly errorMs: number;
  /** The service's clock less the machine's, in ms; undefined before the first answer. */
  readonly skewMs: number | undefined;
  /** `skewed`: the machine's own clock is further off than deadlines, leases and schedules can bear. */
  readonly state: 'unknown' | 'skewed' | 'known';
}

/** A machine whose clock is further off than this is not kept by anybody: nothing else that it times can be trusted. */
const largestSkewMs = 1000;

/** Probes in one measurement: two turns of a second are enough, the rest is for answers that were late. */
const mostProbes = 40;

export function serviceClock(deps: {
  /** The machine's clock. */
  readonly wall: Clock;
  /** A clock of the machine that runs evenly, in ms. */
  readonly steadyMs: () => number;
}): ServiceClock & {
  /** Told of every answer of the service. */
  readonly heard: (answer: DatedAnswer) => void;
  /** Gives the way to ask: one cheap call whose answer goes through `heard`; false when none came. */
  readonly askBy: (probe: () => Promise<boolean>) => void;
} {
  const { wall, steadyMs } = deps;
  const bound = new ClockBound();
  let probe: () => Promise<boolean> = async () => false;
  let measuring: Promise<void> | undefined;
  const standing = (): ClockStanding => {
    const now = steadyMs();
    const offsetMs = bound.offsetMs(now);
    if (offsetMs === undefined) {
      return { errorMs: Number.POSITIVE_INFINITY, skewMs: undefined, state: 'unknown' };
    }
    const skewMs = now + offsetMs - wall.now();
    const errorMs = bound.errorMs(now);
    return { errorMs, skewMs, state: Math.abs(skewMs) - errorMs > largestSkewMs ? 'skewed' : 'known' };
  };
  const isKnownTo = (targetMs: number): boolean => bound.errorMs(steadyMs()) <= targetMs;
  const measure = async (targetMs: number): Promise<void> => {
    // A machine that slept finds its clock far off, by bounds that look as good as before: two answers tell.
    const isToAsk = (probes: number): boolean =>
      (probes < mostProbes && !isKnownTo(targetMs)) || (probes < 2 && standing().state !== 'known');
    for (let probes = 0; isToAsk(probes); probes += 1) {
      const isAstray = probes < 2 && standing().state === 'skewed';
      await wall.sleep(isAstray ? 0 : bound.nextProbeMs(steadyMs()) - steadyMs());
      bound.probed(steadyMs());
      if (!(await probe())) {
        return;
      }
    }
  };
  return {
    now: () => {
      const now = steadyMs();
      const offsetMs = bound.offsetMs(now);
      return offsetMs === undefined ? wall.now() : now + offsetMs;
    },
    sleep: wall.sleep,
    errorMs: () => usableErrorMs(standing()),
    measure: async (targetMs) => {
      measuring ??= measure(targetMs).finally(() => {
        measuring = undefined;
      });
      await measuring;
    },
    standing,
    heard: (answer) => bound.add(answer),
    askBy: (given) => {
      probe = given;
    },
  };
}

function usableErrorMs({ state, errorMs }: ClockStanding): number {
  return state === 'known' ? errorMs : Number.POSITIVE_INFINITY;
}
