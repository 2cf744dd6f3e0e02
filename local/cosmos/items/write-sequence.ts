import type { DatabaseSync } from 'node:sqlite';

/**
 * The numbers of a container's writes (LSN). They rise across restarts as well, deletions included: numbers are handed
 * out below a bound that is stored first, and a restart goes on from the bound.
 */
export interface WriteSequence {
  /** The number of the last write. */
  readonly last: () => number;
  readonly next: () => number;
  /** Makes sure of room for the operations of a transaction, whose end may take back what is stored in it. */
  readonly reserve: () => void;
}

const step = 100_000;
const room = 1000;

export function openWriteSequence(
  database: DatabaseSync,
  container: { readonly number: number; readonly startsAt: number },
): WriteSequence {
  const store = database.prepare('UPDATE containers SET lsn_bound = ? WHERE number = ?');
  let last = container.startsAt;
  let bound = 0;
  const reserve = (): void => {
    if (last + room > bound) {
      bound = last + step;
      store.run(bound, container.number);
    }
  };
  return {
    last: () => last,
    next: () => {
      if (last >= bound) {
        reserve();
      }
      last += 1;
      return last;
    },
    reserve,
  };
}
