import { estimateCost } from '../tokens/estimate-cost.ts';
import { addAttempt, expireJob } from '../jobs/job-transitions.ts';
import { operationOf } from '../jobs/job-envelope.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import type { CallOutcome } from '../models/call-outcome.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool, PoolDeployment } from '../pools/pool.ts';
import type { Stored } from '../stored.ts';
import { startFields } from '../telemetry/start-fields.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { callModel } from './call-model.ts';
import { checkJob } from './check-job.ts';
import { claimDelivery } from './claim-delivery.ts';
import type { PipelineDeps } from './deps.ts';
import { deadLetterInvalid } from './dead-letter-invalid.ts';
import { endJob, type JobEnd, leaveTaken } from './end-job.ts';
import { joinSignals } from './join-signals.ts';
import { parkUntil } from './park-until.ts';
import { type ReadJob, readMessage } from './read-message.ts';
import { recordOutcome } from './record-outcome.ts';
import { saveJob } from './save-job.ts';
import { settleUnclaimed } from './settle-unclaimed.ts';
import { tellJob } from './tell-job.ts';
import { type StartWish, waitForStart } from './wait-for-start.ts';

/** After a wait this long the claim is looked at again before the call is paid for, in ms. */
const recheckMs = 1000;

export interface JobRun {
  readonly pool: Pool;
  readonly message: ReceivedMessage;
  /** `traceparent` of the pump. */
  readonly pump: string;
  /** Aborted when the process stops: a job that has not called yet goes back to its queue. */
  readonly stopping: AbortSignal;
  /** Told when the job's wait for its start is over; with the tokens that it cost, when it started. */
  readonly onStart: (costTokens: number | undefined) => void;
}

/**
 * The way of one delivery of a job: claim, fit, reserve, call, record, settle. The message is settled last, after what
 * it led to is stored (J2); what is thrown on the way leaves it unsettled, and it comes back.
 */
export async function runJob(deps: PipelineDeps, run: JobRun): Promise<JobEnd> {
  const end = await tellJob(deps, run, async (span) => runDelivery(deps, run, span));
  if (end.settlement === 'leave') {
    run.message.leave();
  }
  return end;
}

async function runDelivery(deps: PipelineDeps, run: JobRun, span: Span): Promise<JobEnd> {
  const read = await readMessage(deps, run.message);
  if (read.kind === 'invalid') {
    return deadLetterInvalid(deps, run.message, read);
  }
  const { job } = read;
  const claimed = await claimDelivery(deps, { pool: run.pool, job, message: run.message });
  if (claimed.kind === 'not-claimed') {
    return settleUnclaimed(deps, { ...run, job, span, ...claimed });
  }
  return runClaimed(deps, { ...run, job, span, stored: claimed.stored });
}

export interface ClaimedRun extends JobRun {
  readonly job: ReadJob;
  readonly span: Span;
  readonly stored: Stored<JobDocument>;
}

async function runClaimed(deps: PipelineDeps, run: ClaimedRun): Promise<JobEnd> {
  if (isPastDeadline(deps, run)) {
    return expire(deps, run);
  }
  const check = await checkJob(deps, run.job.envelope);
  if (check.kind === 'refused') {
    return endJob(deps, run, { kind: 'dead-letter', deadLetter: check.deadLetter });
  }
  // A message may lie on another pool's queue than its model's: the job's own pool runs it.
  const { pool, promptTokens, worstCaseTokens } = check;
  const fields = { pool: pool.name, promptTokens, worstCaseTokens };
  const fitted = { ...run, pool, stored: withDocument(run.stored, fields) };
  return attemptJob(deps, fitted);
}

/** Throttled by the service, a job waits for another start in the same delivery this often, and is parked then. */
const mostThrottled = 3;

async function attemptJob(deps: PipelineDeps, run: ClaimedRun): Promise<JobEnd> {
  let { stored } = run;
  for (let throttled = 1; ; throttled += 1) {
    let called = await startAndCall(deps, { ...run, stored }, { looksAgain: true });
    while (called.kind === 'missed') {
      // Looking at the claim took too long. Looked at again, and again, the job would never be called.
      called = await startAndCall(deps, { ...run, stored }, { looksAgain: false });
    }
    if (called.kind === 'ended') {
      return called.end;
    }
    const { where, outcome } = called;
    ({ stored } = called);
    if (outcome.kind !== 'throttled' || throttled === mostThrottled) {
      return recordOutcome(deps, { ...run, stored, where, outcome });
    }
  }
}

type Called =
  /** The start was over before the call could go out (B3). */
  | { readonly kind: 'missed' }
  | { readonly kind: 'ended'; readonly end: JobEnd }
  | {
      readonly kind: 'called';
      readonly where: PoolDeployment;
      readonly outcome: CallOutcome;
      readonly stored: Stored<JobDocument>;
    };

async function startAndCall(
  deps: PipelineDeps,
  run: ClaimedRun,
  { looksAgain }: { readonly looksAgain: boolean },
): Promise<Called> {
  const waitedFrom = deps.clock.now();
  const waiting = joinSignals([run.message.lockLost, run.stopping]);
  const start = await waitForStart(deps, run.pool, wishOf(run), waiting.signal).finally(waiting.release);
  run.onStart(start.kind === 'start' ? costOf(run.job)(start.where) : undefined);
  switch (start.kind) {
    case 'closed': {
      // Given back, it would come again at once, and again.
      const dueAt = parkUntil(deps, run.stored.document, undefined);
      return { kind: 'ended', end: await endJob(deps, run, { kind: 'park', dueAt }) };
    }
    case 'paused':
      return { kind: 'ended', end: await giveBack(run) };
    case 'too-late':
      return { kind: 'ended', end: await expire(deps, run) };
    case 'aborted':
      return { kind: 'ended', end: run.message.lockLost.aborted ? lockLost : await giveBack(run) };
    case 'start':
      return call(deps, run, { ...start, looksAgain, waitMs: deps.clock.now() - waitedFrom }).finally(() =>
        // Nothing when it was called, or held no probe.
        deps.health.releaseProbe(start.where, run.job.id),
      );
  }
}

const lockLost: JobEnd = { settlement: 'leave', outcome: 'lock-lost' };

function wishOf({ job, stored }: ClaimedRun): StartWish {
  const { tenant, options } = job.envelope;
  return {
    jobId: job.id,
    costOf: costOf(job),
    priority: options?.priority,
    tenant,
    notAfterMs: stored.document.deadline,
  };
}

async function call(
  deps: PipelineDeps,
  run: ClaimedRun,
  start: {
    readonly where: PoolDeployment;
    readonly latestMs: number;
    readonly waitMs: number;
    readonly looksAgain: boolean;
  },
): Promise<Called> {
  if (isPastDeadline(deps, run)) {
    return { kind: 'ended', end: await expire(deps, run) };
  }
  const taken = start.looksAgain && start.waitMs > recheckMs ? await takenMeanwhile(deps, run) : undefined;
  if (taken !== undefined) {
    return { kind: 'ended', end: taken };
  }
  if (deps.reserver.now() > start.latestMs) {
    return { kind: 'missed' };
  }
  const attemptNumber = (run.stored.document.attemptCount ?? 0) + 1;
  run.span.setFields(startFields(run.stored.document, deps.clock.now()));
  const { outcome, attempt } = await callModel(deps, {
    job: run.job,
    pool: run.pool,
    where: start.where,
    attempt: attemptNumber,
    waitMs: start.waitMs,
    parent: run.span,
    signal: run.message.lockLost,
  });
  const stored = { ...run.stored, document: addAttempt(run.stored.document, attempt) };
  return { kind: 'called', where: start.where, outcome, stored };
}

/** A job that was cancelled, or taken over, while it waited is not called. */
async function takenMeanwhile(deps: PipelineDeps, run: ClaimedRun): Promise<JobEnd | undefined> {
  const current = await deps.jobs.read(run.job.id);
  const owner = run.stored.document.claim?.owner;
  if (current?.document.state === 'running' && current.document.claim?.owner === owner) {
    return undefined;
  }
  return leaveTaken(run, current?.document);
}

function isPastDeadline(deps: Pick<PipelineDeps, 'clock'>, run: ClaimedRun): boolean {
  return (run.stored.document.deadline ?? Number.POSITIVE_INFINITY) <= deps.clock.now();
}

async function expire(deps: PipelineDeps, run: ClaimedRun): Promise<JobEnd> {
  const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
  const next = expireJob(run.stored.document, end);
  const saved = await saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
  if (saved.kind === 'taken') {
    return leaveTaken(run, saved.document);
  }
  await run.message.complete();
  return { settlement: 'complete', outcome: 'expired' };
}

async function giveBack(run: JobRun): Promise<JobEnd> {
  await run.message.abandon();
  return { settlement: 'abandon', outcome: 'given-back' };
}

/** The service's own estimate for the deployment, which differs where the default output does. */
function costOf(job: ReadJob): (where: PoolDeployment) => number {
  const { request } = job.envelope;
  const operation = operationOf(request);
  return (where) => estimateCost(operation, request.body, where.settings);
}

function withDocument(stored: Stored<JobDocument>, fields: Partial<JobDocument>): Stored<JobDocument> {
  return { ...stored, document: { ...stored.document, ...fields } };
}
