import { hasEnded, isDeadLetter, type JobClaim, type JobDocument } from './job-document.ts';

/**
 * The claim: what to do with a delivery of a job's message, given the job's document.
 *
 * The message lock is the lease; the claim is a fence.
 * - C1 At most one owner's writes are accepted: every write is conditional on the document version that was decided on.
 * - C2 The same message with a higher delivery count takes over at once: its earlier delivery has lost the lock.
 * - C3 Another message of the same epoch is a duplicate: the message that was claimed still exists (it is settled only
 *   after the end is stored), so completing the duplicate loses nothing (J2).
 * - C4 A message of an older epoch, while the document is still parked, may be the only one left: its process may have
 *   died between the document and the next epoch's message. That message is sent again (same id) before this one ends.
 *   After a replay it need not have the document's digest: a patch changes the request.
 * - C5 A claim that was written counts only while the job is running: it may have been cancelled since.
 * - C6 An ended job's own message is settled as the document says; a duplicate of it is completed.
 */
export interface Delivery {
  readonly epoch: number;
  /** The broker's number of the message, as a decimal string. */
  readonly sequenceNumber: string;
  readonly deliveryCount: number;
  readonly digest: string;
}

export type ClaimDecision =
  /** Write `claim` onto the document (creating it when there is none), and run the job. */
  | { readonly kind: 'run'; readonly claim: JobClaim }
  /** This very claim is on the document already (its reply was lost): run the job. */
  | { readonly kind: 'claimed'; readonly claim: JobClaim }
  /** Complete the message: nothing is left to do for it. */
  | { readonly kind: 'complete'; readonly because: 'ended' | 'duplicate' | 'stale' | 'other-body' }
  /** Dead-letter the message, as the document says. */
  | { readonly kind: 'dead-letter' }
  /** Send the parked epoch's message again, then complete this one. */
  | { readonly kind: 'send-parked-again' }
  /** An earlier delivery's late arrival: its lock is gone, so there is nothing to settle. */
  | { readonly kind: 'leave' };

export function claimJob(input: {
  readonly document: JobDocument | undefined;
  readonly delivery: Delivery;
  /** A fresh random id. */
  readonly owner: string;
}): ClaimDecision {
  const { document, delivery } = input;
  if (document === undefined) {
    return run(input, 1);
  }
  if (document.digest !== delivery.digest) {
    return isBeforeReplay(document, delivery)
      ? { kind: 'send-parked-again' }
      : { kind: 'complete', because: 'other-body' };
  }
  const isClaimsMessage = document.claim?.sequenceNumber === delivery.sequenceNumber;
  if (hasEnded(document)) {
    const isOwn = document.claim === undefined || isClaimsMessage;
    return isDeadLetter(document) && isOwn ? { kind: 'dead-letter' } : { kind: 'complete', because: 'ended' };
  }
  if (delivery.epoch < document.epoch) {
    return document.state === 'parked' ? { kind: 'send-parked-again' } : { kind: 'complete', because: 'stale' };
  }
  if (document.state !== 'running' || document.claim === undefined) {
    return run(input, 1);
  }
  if (document.claim.owner === input.owner) {
    return { kind: 'claimed', claim: document.claim };
  }
  if (!isClaimsMessage) {
    return { kind: 'complete', because: 'duplicate' };
  }
  return delivery.deliveryCount > document.claim.deliveryCount
    ? run(input, document.claim.attempt + 1)
    : { kind: 'leave' };
}

function isBeforeReplay({ state, replays, epoch }: JobDocument, delivery: Delivery): boolean {
  return state === 'parked' && replays !== undefined && delivery.epoch < epoch;
}

function run(input: { readonly delivery: Delivery; readonly owner: string }, attempt: number): ClaimDecision {
  const { epoch, sequenceNumber, deliveryCount } = input.delivery;
  return { kind: 'run', claim: { epoch, sequenceNumber, deliveryCount, attempt, owner: input.owner } };
}
