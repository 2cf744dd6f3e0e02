import type { JobDocument, JobState } from '../../shared/jobs/job-document.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { type MemoryDocumentStore, memoryDocumentStore } from './memory-document-store.ts';

/** Jobs in memory, with the contract of the port. */
export function memoryJobStore(): JobStore & MemoryDocumentStore<JobDocument> {
  const store = memoryDocumentStore<JobDocument>();
  const inOrder = (): readonly JobDocument[] => store.all().toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    ...store,
    list: async ({ batchId, states }, { size, after = '' }) => {
      const matching = inOrder().filter(
        (one) =>
          one.id > after &&
          (batchId === undefined || one.batchId === batchId) &&
          (states === undefined || states.includes(one.state)),
      );
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
  };
}
