import type { DocumentStore } from '../stored.ts';
import type { DeadLetterReason } from './dead-letter-reason.ts';
import type { JobDocument, JobState } from './job-document.ts';

/** Where jobs are kept (port). */
export interface JobStore extends DocumentStore<JobDocument> {
  /** In the order of their ids; `after` is where the last page ended. */
  readonly list: (
    filter: JobFilter,
    page: { readonly size: number; readonly after?: string | undefined },
  ) => Promise<JobPage>;
  /** How many jobs of the batch are in each state; states without a job are left out. */
  readonly countByState: (batchId: string) => Promise<Partial<Record<JobState, number>>>;
  /** How many jobs of the filter ended for each reason; those without one are left out. */
  readonly countByReason: (filter: JobFilter) => Promise<Partial<Record<DeadLetterReason, number>>>;
}

export interface JobFilter {
  readonly batchId?: string | undefined;
  readonly states?: readonly JobState[] | undefined;
  readonly reason?: DeadLetterReason | undefined;
  readonly tenant?: string | undefined;
  readonly pool?: string | undefined;
  /** Epoch ms. */
  readonly endedBefore?: number | undefined;
  /** Parked, due before this time (epoch ms), and replayed before. */
  readonly replayDueBefore?: number | undefined;
  /** Tombstones of which something is still to be removed. No other filter lists a tombstone. */
  readonly isErasing?: true | undefined;
}

export interface JobPage {
  readonly documents: readonly JobDocument[];
  /** The id to go on after; absent on the last page. */
  readonly next: string | undefined;
}
