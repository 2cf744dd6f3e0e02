import type { JobDocument } from './job-document.ts';

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
    // Parking clears the claim: its own mark is the due time.
    const isWritten =
      next.state === 'parked' ? current.dueAt === next.dueAt : isOurs && current.endedAt === next.endedAt;
    if (isWritten) {
      return 'written';
    }
  }
  return isOurs && current.state === 'running' ? 'again' : 'taken';
}
