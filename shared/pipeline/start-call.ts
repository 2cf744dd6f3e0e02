import { type JobRequest, operationOf } from '../jobs/job-envelope.ts';
import { addAttempt, hasOpenCall, othersCalls } from '../jobs/job-transitions.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import type { CallOutcome } from '../models/call-outcome.ts';
import type { PoolDeployment } from '../pools/pool.ts';
import type { Stored } from '../stored.ts';
import { startFields } from '../telemetry/start-fields.ts';
import { estimateCost } from '../tokens/estimate-cost.ts';
import { endMark, markCall } from './call-marks.ts';
import { callModel } from './call-model.ts';
import type { PipelineDeps } from './deps.ts';
import { type EndingRun, expireJob, type JobEnd, leaveTaken } from './end-job.ts';
import { joinSignals } from './join-signals.ts';
import type { SaveOutcome } from './save-job.ts';
import { type StartOutcome, type StartWish, waitForStart } from './wait-for-start.ts';

/** Storing the mark took so long that the start was over, so often: then the mark stays, or the job would never be called. */
const mostMisses = 3;

export interface CallRun extends EndingRun {
  /** What is sent: the job's own request, or what was made of it so that it fits. */
  readonly request: JobRequest;
  /** Aborted when the process stops: a job that has not called yet goes back to its queue. */
  readonly stopping: AbortSignal;
  /** Told when the job's wait for its start is over; with the tokens that it cost, when it started. */
  readonly onStart: (costTokens: number | undefined) => void;
  /** Deployments that failed this delivery, the last ones to be chosen. */
  readonly avoid: ReadonlySet<string>;
  /** A call of this delivery has failed: another one is made within the retry budget. */
  readonly isRetry: boolean;
}

export type Called =
  | Exclude<StartOutcome, { readonly kind: 'start' | 'too-late' }>
  | { readonly kind: 'ended'; readonly end: JobEnd }
  | {
      readonly kind: 'called';
      readonly where: PoolDeployment;
      readonly outcome: CallOutcome;
      readonly stored: Stored<JobDocument>;
    };

/**
 * One call. A job whose call died with its process may have killed it, or have been beside the one that did: such jobs are
 * called few at a time in each pool, so that the next death tells which of them it may have been.
 */
export async function startCall(deps: PipelineDeps, run: CallRun): Promise<Called> {
  if (!isSuspect(run)) {
    return startInTime(deps, run);
  }
  // It waits for its turn, not for quota: others may be pulled meanwhile.
  run.onStart(undefined);
  const waiting = joinSignals([run.message.lockLost, run.stopping]);
  const end = await deps.suspects(run.pool.name, waiting.signal).finally(waiting.release);
  try {
    return await startInTime(deps, run);
  } finally {
    end?.();
  }
}

function isSuspect(run: CallRun): boolean {
  return othersCalls(run.stored.document).length > 0;
}

/** Waits for its start, makes sure that the job is still this delivery's, and calls. */
async function startInTime(deps: PipelineDeps, run: CallRun): Promise<Called> {
  let { stored } = run;
  for (let misses = 1; ; misses += 1) {
    const called = await startOnce(deps, { ...run, stored });
    if (called.kind !== 'missed') {
      return called;
    }
    ({ stored } = called);
    if (misses < mostMisses) {
      const saved = await endMark(deps, { ...run, stored }, stored.document);
      if (saved.kind === 'taken') {
        return { kind: 'ended', end: await leaveTaken(deps, run, saved.document) };
      }
      ({ stored } = saved);
    }
  }
}

/** The start was over before the call could go out (B3). */
interface Missed {
  readonly kind: 'missed';
  readonly stored: Stored<JobDocument>;
}

async function startOnce(deps: PipelineDeps, run: CallRun): Promise<Called | Missed> {
  const waitedFrom = deps.clock.now();
  const waiting = joinSignals([run.message.lockLost, run.stopping]);
  const start = await waitForStart(deps, run.pool, wishOf(run), waiting.signal).finally(waiting.release);
  run.onStart(start.kind === 'start' ? costOf(run.request)(start.where) : undefined);
  switch (start.kind) {
    case 'closed':
    case 'paused':
    case 'no-retry-budget':
    case 'aborted':
      return start;
    case 'too-late':
      return { kind: 'ended', end: await expireJob(deps, run) };
    case 'start':
      return callAt(deps, run, { ...start, waitMs: deps.clock.now() - waitedFrom }).finally(() =>
        // Nothing when it was called, or held no probe.
        deps.health.releaseProbe(start.where, run.job.id),
      );
  }
}

function wishOf(run: CallRun): StartWish {
  const { job, request, stored, avoid, isRetry } = run;
  const { tenant, options } = job.envelope;
  return {
    jobId: job.id,
    costOf: costOf(request),
    avoid,
    isRetry,
    // Others wait behind one that is called alone.
    priority: isSuspect(run) ? 'high' : options?.priority,
    tenant,
    notAfterMs: stored.document.deadline,
  };
}

async function callAt(
  deps: PipelineDeps,
  run: CallRun,
  start: { readonly where: PoolDeployment; readonly latestMs: number; readonly waitMs: number },
): Promise<Called | Missed> {
  if (isPastDeadline(deps, run.stored.document)) {
    return { kind: 'ended', end: await expireJob(deps, run) };
  }
  const marked = await markOnce(deps, run);
  if (marked.kind === 'taken') {
    return { kind: 'ended', end: await leaveTaken(deps, run, marked.document) };
  }
  const { stored } = marked;
  if (deps.reserver.now() > start.latestMs) {
    return { kind: 'missed', stored };
  }
  run.span.setFields(startFields(stored.document, deps.clock.now()));
  const breaking = joinSignals([run.message.lockLost, deps.ending]);
  const { outcome, attempt } = await callModel(deps, {
    job: run.job,
    request: run.request,
    pool: run.pool,
    where: start.where,
    attempt: (stored.document.attemptCount ?? 0) + 1,
    waitMs: start.waitMs,
    parent: run.span,
    signal: breaking.signal,
  }).finally(breaking.release);
  return {
    kind: 'called',
    where: start.where,
    outcome,
    stored: { ...stored, document: addAttempt(stored.document, attempt) },
  };
}

/**
 * The mark of the call is on the document before it is made (O1), and the job is still this delivery's: one that was
 * cancelled, or taken over, while it waited is not called. Storing the mark tells both.
 */
async function markOnce(deps: PipelineDeps, run: CallRun): Promise<SaveOutcome> {
  const { stored } = run;
  return hasOpenCall(stored.document, stored.document.claim?.owner) ? { kind: 'saved', stored } : markCall(deps, run);
}

export function isPastDeadline(deps: Pick<PipelineDeps, 'clock'>, document: JobDocument): boolean {
  return (document.deadline ?? Number.POSITIVE_INFINITY) <= deps.clock.now();
}

/** The service's own estimate for the deployment, which differs where the default output does. */
function costOf(request: JobRequest): (where: PoolDeployment) => number {
  const operation = operationOf(request);
  return (where) => estimateCost(operation, request.body, where.settings);
}
