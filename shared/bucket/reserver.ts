import type { ExchangeDeps } from './bucket-exchange.ts';
import { BucketGate } from './bucket-gate.ts';
import { type BucketLimits, clockErrorAllowedMs } from './bucket-limits.ts';
import type { BucketState } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';
import type { EstimateError } from './estimate-meter.ts';
import type { Outlook, StartRequest, StartTurn } from './reservation.ts';
import type { ClockStanding } from './service-clock.ts';

/** Reserves starts for jobs in hand, in one process: gathers the jobs that ask at the same time into slices. */
export interface Reserver {
  /**
   * Reserves a start and resolves when it has come. Waits for Cosmos as long as it takes (fail closed).
   *
   * @throws AppError `bucket.too-small`: the cost is larger than the whole quota
   */
  readonly awaitStart: (request: StartRequest, signal: AbortSignal) => Promise<StartTurn>;
  /** Told after every call: the service is the authority on its limits. */
  readonly observe: (bucketId: string, call: CallObservation) => void;
  /** How long a job of this cost would wait there; those that ask already go first. */
  readonly outlook: (bucketId: string, cost: number) => Outlook;
  /** Reads the bucket again when what is known of it is older than `maxAgeMs`; a store that is away changes nothing. */
  readonly refresh: (bucketId: string, maxAgeMs: number) => Promise<void>;
  /** How far ahead of now the bucket is reserved or throttled, in ms; 0 when idle or not known yet. */
  readonly horizonMs: (bucketId: string) => number;
  /** False while the bucket's last exchange failed, and while the time is not known well enough (B2). */
  readonly isHealthy: (bucketId: string) => boolean;
  /** The limits in force, a minute. */
  readonly rate: (bucketId: string) => { readonly tokensPerMinute: number; readonly requestsPerMinute: number };
  /** What this process knows of each bucket. */
  readonly standings: () => readonly BucketStanding[];
  readonly clock: () => ClockStanding;
  /** Measures the time when need be; false when it is not known well enough to reserve and to pull (B2). */
  readonly isReady: () => Promise<boolean>;
  /** Measures the time to tens of milliseconds, when it is not known so well. */
  readonly keepTime: () => Promise<void>;
  /** Now, by the service's clock, in epoch ms. */
  readonly now: () => number;
  /** Exchanges with the store since the start, conflicts included. */
  readonly exchanges: () => { readonly operations: number; readonly conflicts: number };
}

export interface BucketStanding {
  readonly bucketId: string;
  readonly isHealthy: boolean;
  readonly horizonMs: number;
  /** Undefined before the first exchange. */
  readonly state: BucketState | undefined;
  /** Undefined until enough answers were seen. */
  readonly estimateError: EstimateError | undefined;
}

/** What two turns of a second bring the clock's error to, with a short way to the service, in ms. */
const wantedErrorMs = 25;

export function createReserver(
  deps: ExchangeDeps & {
    /** The configured limits of every bucket. */
    readonly limits: ReadonlyMap<string, BucketLimits>;
  },
): Reserver {
  const gates = new Map([...deps.limits].map(([id, limits]) => [id, new BucketGate(id, limits, deps)]));
  const gate = (bucketId: string): BucketGate => {
    const found = gates.get(bucketId);
    if (found === undefined) {
      throw new RangeError(`No bucket ${bucketId} is configured.`);
    }
    return found;
  };
  return {
    awaitStart: async (request, signal) => gate(request.bucketId).awaitStart(request, signal),
    observe: (bucketId, call) => gate(bucketId).observe(call),
    outlook: (bucketId, cost) => gate(bucketId).outlook(cost),
    refresh: async (bucketId, maxAgeMs) => gate(bucketId).refresh(maxAgeMs),
    horizonMs: (bucketId) => gate(bucketId).horizonMs(),
    isHealthy: (bucketId) => gate(bucketId).isHealthy,
    rate: (bucketId) => gate(bucketId).rate(),
    standings: () =>
      [...gates].map(([bucketId, one]) => ({
        bucketId,
        isHealthy: one.isHealthy,
        horizonMs: one.horizonMs(),
        state: one.state,
        estimateError: one.estimateError,
      })),
    clock: deps.clock.standing,
    isReady: async () => {
      // Of buckets that need it better still, none is pulled for until it is.
      const allowedMs = Math.max(...[...deps.limits.values()].map((one) => clockErrorAllowedMs(one)));
      if (deps.clock.errorMs() > allowedMs) {
        await deps.clock.measure(allowedMs);
      }
      return deps.clock.errorMs() <= allowedMs;
    },
    keepTime: async () => deps.clock.measure(wantedErrorMs),
    now: deps.clock.now,
    exchanges: () => {
      const counts = [...gates.values()].map((one) => one.exchanges);
      return {
        operations: counts.reduce((sum, one) => sum + one.operations, 0),
        conflicts: counts.reduce((sum, one) => sum + one.conflicts, 0),
      };
    },
  };
}
