import type { Entity } from './entity.ts';

export interface QueueCounts {
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  /** Set aside by receivers. */
  readonly deferred: number;
  readonly deadLettered: number;
}

/** The messages of a queue by their state. Those in its dead-letter queue count as dead-lettered, in any state. */
export function countsOf({ readyCount, lockedCount, scheduled, deferred, deadLetters }: Entity): QueueCounts {
  return {
    active: readyCount,
    locked: lockedCount,
    scheduled: scheduled.size,
    deferred: deferred.size,
    deadLettered: (deadLetters?.readyCount ?? 0) + (deadLetters?.lockedCount ?? 0) + (deadLetters?.deferred.size ?? 0),
  };
}
