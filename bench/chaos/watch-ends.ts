import { setTimeout as delay } from 'node:timers/promises';
import type { EndedDocument, JobDocuments } from './job-documents.ts';

const lookEveryMs = 1000;

/** Two looks overlap by this much, in seconds: the account's times are whole seconds. */
const overlapSeconds = 3;

/** An ended document that was seen again, changed. */
export interface Rewrite {
  readonly before: EndedDocument;
  readonly after: EndedDocument;
}

/** Every end, as it was seen while the run went on. */
export interface EndWatch {
  readonly ended: () => number;
  readonly countByState: () => Readonly<Record<string, number>>;
  readonly rewrites: readonly Rewrite[];
  /** Looks once more at all of them. @throws when the database does not answer */
  readonly lookAtAll: () => Promise<void>;
}

/** Looks for ended documents until `signal` is aborted; while the database is away it looks again later. */
export function watchEnds(documents: JobDocuments, signal: AbortSignal): EndWatch {
  const seen = new Map<string, EndedDocument>();
  const rewrites: Rewrite[] = [];
  let sinceSeconds = 0;
  const look = async (fromSeconds: number): Promise<void> => {
    for (const after of await documents.endedSince(fromSeconds)) {
      const before = seen.get(after.id);
      if (before !== undefined && before.version !== after.version) {
        rewrites.push({ before, after });
      }
      seen.set(after.id, after);
      sinceSeconds = Math.max(sinceSeconds, after.changedSeconds - overlapSeconds);
    }
  };
  const lookOn = async (): Promise<void> => {
    while (!signal.aborted) {
      // An outage is what the run is about; the next look sees what this one missed.
      await look(sinceSeconds).catch(() => undefined);
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  };
  void lookOn();
  return {
    ended: () => seen.size,
    countByState: () => {
      const counts: Record<string, number> = {};
      for (const { state } of seen.values()) {
        counts[state] = (counts[state] ?? 0) + 1;
      }
      return counts;
    },
    rewrites,
    lookAtAll: async () => look(0),
  };
}
