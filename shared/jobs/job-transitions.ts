import type { JsonObject } from '../json.ts';
import type { DeadLetterReason } from './dead-letter-reason.ts';
import type { JobOptions } from './job-envelope.ts';
import type { JobAttempt, JobClaim, JobDocument, JobReplay, OpenCall } from './job-document.ts';

/** A document keeps the newest attempts only; `attemptCount` counts them all. */
const keptAttempts = 10;

/** It keeps the newest replays only, their descriptions cut to this many characters. */
const keptReplays = 5;
const keptDescription = 200;

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
  return { ...endCall(document, document.claim?.owner), ...completed, ...ended('completed', end) };
}

/** A job whose deadline is over has a state of its own. */
export function deadLetterJob(document: JobDocument, deadLetter: DeadLetter, end: End): JobDocument {
  const ending = endCall(document, document.claim?.owner);
  return { ...ending, ...deadLetter, ...ended(deadLetter.reason === 'Expired' ? 'expired' : 'dead-lettered', end) };
}

/** The mark that a call of this claim may be under way; stored before the call, taken away when it has ended. */
export function openCall(document: JobDocument, now: number): JobDocument {
  const owner = document.claim?.owner;
  return owner === undefined ? document : { ...document, openCalls: [...othersCalls(document), { owner, at: now }] };
}

export function hasOpenCall(document: JobDocument, owner: string | undefined): boolean {
  return document.openCalls?.some((call) => call.owner === owner) ?? false;
}

export function endCall(document: JobDocument, owner: string | undefined): JobDocument {
  const { openCalls = [], ...rest } = document;
  const left = openCalls.filter((call) => call.owner !== owner);
  return left.length === 0 ? rest : { ...rest, openCalls: left };
}

/** `next` as this claim writes it over a document in which others have taken their marks away since. */
export function withOthersCalls(
  next: JobDocument,
  since: { readonly from: JobDocument; readonly owner: string | undefined },
): JobDocument {
  const { openCalls = [], ...rest } = next;
  const own = openCalls.filter((call) => call.owner === since.owner);
  const others = (since.from.openCalls ?? []).filter((call) => call.owner !== since.owner);
  const calls = [...others, ...own];
  return calls.length === 0 ? rest : { ...rest, openCalls: calls };
}

/** Calls that other claims have started and never ended: the processes that made them are gone. */
export function othersCalls(document: JobDocument): readonly OpenCall[] {
  return (document.openCalls ?? []).filter((call) => call.owner !== document.claim?.owner);
}

/** A call that failed through no fault of the job's. */
export function countFailure(document: JobDocument, now: number): JobDocument {
  return { ...document, failures: (document.failures ?? 0) + 1, failingSince: document.failingSince ?? now };
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
  const { claim, ...rest } = document;
  return { ...endCall(rest, claim?.owner), ...parking, state: 'parked', epoch: document.epoch + 1 };
}

/** What a replay changes of the job itself; absent: nothing. */
export interface ReplayPatch {
  readonly digest: string;
  readonly requestRef: string;
  readonly pool: string;
  readonly model: string;
  /** What its request is counted to, when it has changed. */
  readonly promptTokens?: number;
  readonly worstCaseTokens?: number;
  readonly costTokens?: number;
  readonly fitting?: JobDocument['fitting'];
  readonly options?: JobOptions;
  readonly priority?: 'high';
  /** A new deadline, epoch ms. */
  readonly deadline?: number;
  /** Told in the history, by name. */
  readonly patch?: JsonObject;
}

/**
 * A dead-lettered or expired job goes back to its queue, under its id and the next epoch: parked and due now, so that its
 * message is sent again by whoever meets the old one (C4). Why it ended goes into its history; its deadline is lifted.
 */
export function replayJob(document: JobDocument, change: ReplayPatch, now: number): JobDocument {
  const {
    claim: _claim,
    reason,
    description,
    figures: _figures,
    endedAt,
    ttl: _ttl,
    deadline: _deadline,
    fitting: _fitting,
    ...kept
  } = document;
  const { openCalls: _open, failures: _failures, failingSince: _since, ...rest } = kept;
  const { patch, ...changed } = change;
  const end: JobReplay = {
    at: now,
    state: document.state === 'expired' ? 'expired' : 'dead-lettered',
    ...(reason === undefined ? {} : { reason }),
    ...(description === undefined ? {} : { description: description.slice(0, keptDescription) }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(document.attemptCount === undefined ? {} : { attemptCount: document.attemptCount }),
    ...(patch === undefined ? {} : { patch }),
  };
  const isOtherRequest = changed.digest !== document.digest;
  return {
    ...rest,
    ...changed,
    ...(isOtherRequest ? { submittedDigest: document.submittedDigest ?? document.digest } : {}),
    state: 'parked',
    epoch: document.epoch + 1,
    dueAt: now,
    replays: [...(document.replays ?? []), end].slice(-keptReplays),
  };
}

export interface End {
  readonly now: number;
  /** Seconds that an ended job is kept; for ever when undefined. */
  readonly ttlSeconds: number | undefined;
}

function ended<State extends JobDocument['state']>(state: State, end: End) {
  return { state, endedAt: end.now, ...(end.ttlSeconds === undefined ? {} : { ttl: end.ttlSeconds }) };
}
