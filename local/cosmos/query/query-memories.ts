import type { Kept, Memory } from './run-query.ts';

/**
 * What queries have sorted or grouped, so that their next pages need not do it again. The name of a memory tells all
 * that the answer depends on, the number of the container's last write among it: after a write it is not found again.
 */
export interface QueryMemories {
  readonly open: (name: string) => Memory;
}

/** Clients read the pages of a query one after the other, so that few are under way at once. */
const mostMemories = 8;
/** Larger answers are made again for each page. */
const mostCharacters = 32 * 1024 * 1024;

export function openQueryMemories(): QueryMemories {
  const memories = new Map<string, Kept>();
  return {
    open: (name) => ({
      name,
      recall: (wanted) => memories.get(wanted),
      keep: (wanted, kept) => {
        if (isTooLarge(kept)) {
          return;
        }
        memories.delete(wanted);
        memories.set(wanted, kept);
        const oldest = memories.size > mostMemories ? memories.keys().next().value : undefined;
        if (oldest !== undefined) {
          memories.delete(oldest);
        }
      },
    }),
  };
}

function isTooLarge(kept: Kept): boolean {
  let characters = 0;
  for (const text of kept.kind === 'documents' ? kept.documents : []) {
    characters += text.length;
  }
  return characters > mostCharacters;
}
