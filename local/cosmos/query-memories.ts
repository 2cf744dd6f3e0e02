import type { Kept, Memory } from './query/run-query.ts';

/**
 * What queries have sorted or grouped, so that their next pages need not do it again. The name of a memory tells all
 * that the answer depends on, the number of the container's last write among it: after a write it is not found again.
 */
export interface QueryMemories {
  readonly open: (name: string) => Memory;
}

/** Each may hold some 10 MB; clients read the pages of a query one after the other. */
const mostMemories = 8;

export function openQueryMemories(): QueryMemories {
  const kept = new Map<string, Kept>();
  return {
    open: (name) => ({
      recall: () => kept.get(name),
      keep: (value) => {
        kept.delete(name);
        kept.set(name, value);
        const oldest = kept.size > mostMemories ? kept.keys().next().value : undefined;
        if (oldest !== undefined) {
          kept.delete(oldest);
        }
      },
    }),
  };
}
