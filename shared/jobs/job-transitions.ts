import type { JsonObject } from '../json.ts';
import type { DeadLetterReason } from './dead-letter-reason.ts';
import type { JobAttempt, JobClaim, JobDocument } from './job-document.ts';

/** A document keeps the newest attempts only; `attemptCount` counts them all. */
const keptAttempts = 10;

/** Why a job can never succeed, for people and for machines. */
export interface DeadLetter {
  readonly reason: DeadLetterReason;
  readonly description: string;
  readonly figures: JsonObject;
}

/** What a completed call left behind. */
export type Completed = Pick<
  JobDocument,
  'usage' | 'costUsd' | 'finishReason' | 'requestId' | 'result' | 'resultRef' | 'region' | 'deployment'
>;

export function startJob(document: JobDocument, claim: JobClaim, now: number): JobDocument {
  const { dueAt: _due, ...rest } = document;
  return { ...rest, state: 'running', epoch: claim.epoch, claim, startedAt: document.startedAt ?? now };
}

export function addAttempt(document: JobDocument, attempt: JobAttempt): JobDocument {
  return {
    ...document,
    attempts: [...(document.attempts ?? []), attempt].slice(-keptAttempts),
    attemptCount: (document.attemptCount ?? 0) + 1,
  };
}

export function completeJob(document: JobDocument, completed: Completed, end: End): JobDocument {
  return { ...document, ...completed, ...ended('completed', end) };
}

export function deadLetterJob(document: JobDocument, deadLetter: DeadLetter, end: End): JobDocument {
  return { ...document, ...deadLetter, ...ended('dead-lettered', end) };
}

export function expireJob(document: JobDocument, end: End): JobDocument {
  return { ...document, ...ended('expired', end) };
}

/** A queued or parked job then never runs; a running one cannot record its result any more (J1). */
export function cancelJob(document: JobDocument, end: End): JobDocument {
  return { ...document, ...ended('cancelled', end) };
}

/** Parking, step (a): the next epoch, due at `dueAt`, with no claim. The message is sent after this is stored. */
export function parkJob(
  document: JobDocument,
  parking: { readonly dueAt: number; readonly requestRef: string },
): JobDocument {
  const { claim: _claim, ...rest } = document;
  return { ...rest, ...parking, state: 'parked', epoch: document.epoch + 1 };
}

export interface End {
  readonly now: number;
  /** Seconds that an ended job is kept; for ever when undefined. */
  readonly ttlSeconds: number | undefined;
}

function ended<State extends JobDocument['state']>(state: State, end: End) {
  return { state, endedAt: end.now, ...(end.ttlSeconds === undefined ? {} : { ttl: end.ttlSeconds }) };
}
