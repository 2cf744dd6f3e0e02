import type { DeadLetterReason } from '../../shared/jobs/dead-letter-reason.ts';
import type { JobDocument, JobState } from '../../shared/jobs/job-document.ts';
import type { JobFilter, JobStore } from '../../shared/jobs/job-store.ts';
import { type MemoryDocumentStore, memoryDocumentStore } from './memory-document-store.ts';

/** Jobs in memory, with the contract of the port. */
export function memoryJobStore(): JobStore & MemoryDocumentStore<JobDocument> {
  const store = memoryDocumentStore<JobDocument>();
  const inOrder = (): readonly JobDocument[] => store.all().toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    ...store,
    list: async (filter, { size, after = '' }) => {
      const matching = inOrder().filter((one) => one.id > after && isOf(filter, one));
      const documents = matching.slice(0, size);
      return { documents, next: documents.length === size ? documents.at(-1)?.id : undefined };
    },
    countByState: async (batchId) => {
      const ofBatch = store.all().filter((one) => one.batchId === batchId);
      const counts: Partial<Record<JobState, number>> = {};
      for (const { state } of ofBatch) {
        counts[state] = (counts[state] ?? 0) + 1;
      }
      return counts;
    },
    countByReason: async (filter) => {
      const counts: Partial<Record<DeadLetterReason, number>> = {};
      for (const { reason } of store.all().filter((one) => isOf(filter, one))) {
        if (reason !== undefined) {
          counts[reason] = (counts[reason] ?? 0) + 1;
        }
      }
      return counts;
    },
  };
}

function isOf(filter: JobFilter, one: JobDocument): boolean {
  const { states, endedBefore, replayDueBefore } = filter;
  const fields = ['batchId', 'reason', 'tenant', 'pool'] as const;
  const isParkedReplay = one.state === 'parked' && one.replays !== undefined;
  return (
    fields.every((field) => filter[field] === undefined || one[field] === filter[field]) &&
    (filter.isErasing === true ? one.isErasing === true : one.erasedAt === undefined) &&
    (states === undefined || states.includes(one.state)) &&
    (endedBefore === undefined || (one.endedAt !== undefined && one.endedAt < endedBefore)) &&
    (replayDueBefore === undefined || (isParkedReplay && one.dueAt !== undefined && one.dueAt < replayDueBefore))
  );
}
