import { hasEnded, isDeadLetter, type JobDocument } from './job-document.ts';

/**
 * What to do with a job's message in a dead-letter queue, given the job's document.
 *
 * - D1 A document that is a dead letter of the message's epoch is what the message stands for: it stays.
 * - D2 What the broker dead-lettered by itself, while its job goes on, is the job's only message: the document ends as a
 *   dead letter, and the job can be replayed like others (J2).
 * - D3 A message whose job has gone on to a later epoch, has ended otherwise or was erased stands for nothing any more. While
 *   that later epoch is parked its message may never have been sent: it is sent first, under the same id (C4, J2).
 */
export interface DeadLetterFacts {
  /** Who dead-lettered it: Sluice, which stores the end first, or the broker or somebody else. */
  readonly by: 'sluice' | 'broker';
  readonly epoch: number;
  readonly sequenceNumber: string;
  /** Of the job in its body; asked for where somebody else dead-lettered it. */
  readonly digest: string | undefined;
}

export type DeadLetterVerdict = 'keep' | 'adopt' | 'remove' | 'send-then-remove';

export function judgeDeadLetter(facts: DeadLetterFacts, document: JobDocument | undefined): DeadLetterVerdict {
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
    // Its end comes before its message is dead-lettered: this is another job's, of the same id. It goes when this one ends.
    return 'keep';
  }
  if (facts.digest !== document.digest) {
    return 'remove';
  }
  const isOthers = document.state === 'running' && document.claim?.sequenceNumber !== facts.sequenceNumber;
  // A duplicate: the message that was claimed still exists (C3).
  return isOthers ? 'keep' : 'adopt';
}
