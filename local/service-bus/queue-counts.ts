import type { Entity } from './entity.ts';

export interface QueueCounts {
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly deadLettered: number;
}

/** The messages of a queue by their state. Those in its dead-letter queue count as dead-lettered, locked ones too. */
export function countsOf({ ready, lockedCount, scheduled, deadLetters }: Entity): QueueCounts {
  return {
    active: ready.size,
    locked: lockedCount,
    scheduled: scheduled.size,
    deadLettered: (deadLetters?.ready.size ?? 0) + (deadLetters?.lockedCount ?? 0),
  };
}
