import type { Clock } from '../clock.ts';
import type { BucketLimits } from './bucket-state.ts';
import { BucketGate } from './bucket-gate.ts';
import type { BucketStore } from './bucket-store.ts';
import type { Outlook, Reservation } from './reservation.ts';

/** Reserves starts for jobs in hand, in one process: gathers the jobs that ask at the same time into slices. */
export interface Reserver {
  /** Waits for Cosmos as long as it takes (fail closed); `undefined` when `signal` is aborted first. */
  readonly reserve: (
    job: { readonly bucketId: string; readonly cost: number },
    signal: AbortSignal,
  ) => Promise<Reservation | undefined>;
  /** When a job of this cost would start there; those that wait already go first. */
  readonly outlook: (bucketId: string, cost: number) => Outlook;
  /** Reads the bucket again when what is known of it is older than `maxAgeMs`; a store that is away changes nothing. */
  readonly refresh: (bucketId: string, maxAgeMs: number) => Promise<void>;
  /** How far ahead of now the bucket is reserved, in ms; 0 when idle or not known yet. */
  readonly horizonMs: (bucketId: string) => number;
  /** False while the bucket's last exchange failed. */
  readonly isHealthy: (bucketId: string) => boolean;
  /** Exchanges with the store since the start, conflicts included. */
  readonly exchanges: () => { readonly operations: number; readonly conflicts: number };
}

export function createReserver(deps: {
  readonly clock: Clock;
  readonly store: BucketStore;
  readonly random: () => number;
  /** The configured limits of every bucket. */
  readonly limits: ReadonlyMap<string, BucketLimits>;
}): Reserver {
  const gates = new Map([...deps.limits].map(([id, limits]) => [id, new BucketGate(id, limits, deps)]));
  const gate = (bucketId: string): BucketGate => {
    const found = gates.get(bucketId);
    if (found === undefined) {
      throw new RangeError(`No bucket ${bucketId} is configured.`);
    }
    return found;
  };
  return {
    reserve: async ({ bucketId, cost }, signal) => gate(bucketId).reserve(cost, signal),
    outlook: (bucketId, cost) => gate(bucketId).outlook(cost),
    refresh: async (bucketId, maxAgeMs) => gate(bucketId).refresh(maxAgeMs),
    horizonMs: (bucketId) => gate(bucketId).horizonMs(),
    isHealthy: (bucketId) => gate(bucketId).isHealthy,
    exchanges: () => {
      const counts = [...gates.values()].map((one) => one.exchanges);
      return {
        operations: counts.reduce((sum, one) => sum + one.operations, 0),
        conflicts: counts.reduce((sum, one) => sum + one.conflicts, 0),
      };
    },
  };
}
