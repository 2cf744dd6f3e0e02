/** How a job gets in: posted to a process of the app, put on the intake, or put straight on its pool's queue. */
export type Way = 'http' | 'intake' | 'pool-queue';

/** How a job may end: a state, or the reason of its dead letter. */
export type JobEnd =
  | 'completed'
  | 'cancelled'
  | 'Expired'
  | 'ContentFiltered'
  | 'InvalidRequest'
  | 'ContextLengthExceeded'
  | 'UnknownModel';

export interface PlannedJob {
  readonly id: string;
  readonly text: string;
  readonly model: string;
  readonly submits: readonly PlannedSubmit[];
  /** From the start of the faults: cancelled then. */
  readonly cancelAtMs: number | undefined;
  /** Ends that are right for it, whatever happens to the system. */
  readonly ends: readonly JobEnd[];
}

export interface PlannedSubmit {
  readonly atMs: number;
  readonly way: Way;
  readonly jobId: string;
  /** Rises with every submit of the same job. */
  readonly number: number;
}

/** A message that is no job: it ends in the dead-letter queue of the intake, and leaves no document. */
export interface Stray {
  readonly messageId: string;
  readonly text: string;
  readonly atMs: number;
}

export interface JobPlan {
  readonly jobs: readonly PlannedJob[];
  readonly strays: readonly Stray[];
}
