import { claimJob } from '../../../shared/jobs/claim-job.ts';
import { eraseJob } from '../../../shared/jobs/erase-job.ts';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { judgeDeadLetter } from '../../../shared/jobs/judge-dead-letter.ts';
import { othersCalls, withOthersCalls } from '../../../shared/jobs/job-transitions.ts';
import { judgeConflict } from '../../../shared/jobs/judge-conflict.ts';

/** What the use cases do around the shipped transitions; each rule can be made worse, to see that the search notices. */
export interface Rules {
  readonly claim: typeof claimJob;
  /** Whether a write names the version that it was decided on. */
  readonly areWritesConditional: boolean;
  /** Whether the mark of a call is stored before the call begins. */
  readonly isCallMarkedFirst: boolean;
  /** Whether the mark of a call that has ended is taken away before the delivery waits for its next one. */
  readonly isMarkTakenBetweenCalls: boolean;
  /** Whether the message is settled before what it led to is stored. */
  readonly isSettledFirst: boolean;
  /** What is written instead of `next` over a document in which others have taken their marks away. */
  readonly rebase: typeof withOthersCalls;
  /** When a parked job is due. Two deliveries may come to the same time, or never do. */
  readonly dueAt: (delivery: { readonly sequence: number; readonly deliveries: number }) => number;
  readonly isPoison: (document: JobDocument) => boolean;
  readonly judge: typeof judgeConflict;
  readonly sweep: typeof judgeDeadLetter;
  /** Whether a replay removes the dead-lettered message before it has sent the next epoch's. */
  readonly replayRemovesFirst: boolean;
  /** What is left of an erased job; nothing when undefined. */
  readonly erase: ((document: JobDocument, now: number) => JobDocument) | undefined;
}

export const shippedRules: Rules = {
  claim: claimJob,
  areWritesConditional: true,
  isCallMarkedFirst: true,
  isMarkTakenBetweenCalls: true,
  isSettledFirst: false,
  judge: judgeConflict,
  rebase: withOthersCalls,
  dueAt: () => 1,
  isPoison: (document) => othersCalls(document).length >= 2,
  sweep: judgeDeadLetter,
  replayRemovesFirst: false,
  erase: eraseJob,
};
