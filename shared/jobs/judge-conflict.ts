import type { JobDocument } from './job-document.ts';
import { hasOpenCall } from './job-transitions.ts';

/**
 * What it means that a conditional write of a claimed job was refused, given the document as it stands now.
 * - `written`: it is our own write, whose reply was lost and which was sent again.
 * - `taken`: another delivery, a cancellation or an end came first; `next` must not be written (J1).
 * - `again`: the claim is still ours and the job has not ended: write `next` over the version that was read.
 */
export function judgeConflict(input: {
  readonly current: JobDocument | undefined;
  readonly next: JobDocument;
  /** The owner of the claim that `next` was made under. */
  readonly owner: string | undefined;
}): 'written' | 'taken' | 'again' {
  const { current, next, owner } = input;
  if (current === undefined) {
    return 'taken';
  }
  const isOurs = current.claim !== undefined && current.claim.owner === owner;
  if (current.state === next.state && current.epoch === next.epoch) {
    if (isSame({ current, next, owner, isOurs })) {
      return 'written';
    }
  }
  return isOurs && current.state === 'running' ? 'again' : 'taken';
}

/** Of two documents of one state and epoch: whether what tells this write apart is there. */
function isSame(input: {
  readonly current: JobDocument;
  readonly next: JobDocument;
  readonly owner: string | undefined;
  readonly isOurs: boolean;
}): boolean {
  const { current, next, owner, isOurs } = input;
  switch (next.state) {
    case 'parked':
      // Parking clears the claim: its own mark is the due time.
      return current.dueAt === next.dueAt;
    case 'running':
      return isOurs && hasOpenCall(current, owner) === hasOpenCall(next, owner);
    case 'queued':
    case 'completed':
    case 'dead-lettered':
    case 'cancelled':
    case 'expired':
      return isOurs && current.endedAt === next.endedAt;
  }
}
