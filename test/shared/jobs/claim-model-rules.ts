import { claimJob } from '../../../shared/jobs/claim-job.ts';
import { hasEnded, isDeadLetter, type JobDocument } from '../../../shared/jobs/job-document.ts';
import { othersCalls, withOthersCalls } from '../../../shared/jobs/job-transitions.ts';
import { judgeConflict } from '../../../shared/jobs/judge-conflict.ts';

/** What the use cases do around the shipped transitions; each rule can be made worse, to see that the search notices. */
export interface Rules {
  readonly claim: typeof claimJob;
  /** Whether a write names the version that it was decided on. */
  readonly areWritesConditional: boolean;
  /** Whether the mark of a call is stored before the call begins. */
  readonly isCallMarkedFirst: boolean;
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
  isSettledFirst: false,
  judge: judgeConflict,
  rebase: withOthersCalls,
  dueAt: () => 1,
  isPoison: (document) => othersCalls(document).length >= 2,
  sweep: judgeDeadLetter,
  replayRemovesFirst: false,
  erase: eraseJob,
};

// until merged
function judgeDeadLetter(
  facts: {
    readonly by: 'sluice' | 'broker';
    readonly epoch: number;
    readonly sequenceNumber: string;
    readonly digest: string | undefined;
  },
  document: JobDocument | undefined,
): 'keep' | 'adopt' | 'remove' | 'send-then-remove' {
  if (document === undefined) {
    return facts.by === 'sluice' ? 'remove' : 'adopt';
  }
  const isOlder = facts.epoch < document.epoch;
  if (hasEnded(document)) {
    return isDeadLetter(document) && !isOlder ? 'keep' : 'remove';
  }
  if (isOlder) {
    return document.state === 'parked' ? 'send-then-remove' : 'remove';
  }
  if (facts.by === 'sluice') {
    return 'keep';
  }
  if (facts.digest !== document.digest) {
    return 'remove';
  }
  const isOthers = document.state === 'running' && document.claim?.sequenceNumber !== facts.sequenceNumber;
  return isOthers ? 'keep' : 'adopt';
}

function eraseJob({ id, v, pool, createdAt, epoch }: JobDocument, now: number): JobDocument {
  return { id, v, state: 'cancelled', pool, model: '', digest: '', createdAt, epoch, endedAt: now };
}
