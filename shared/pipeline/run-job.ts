import type { OpenCall } from '../jobs/job-document.ts';
import { type DeadLetter, othersCalls } from '../jobs/job-transitions.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { attemptJob, type AttemptRun } from './attempt-job.ts';
import { type MarkedCall, withdrawCallLater } from './call-marks.ts';
import { checkJob } from './check-job.ts';
import { claimDelivery } from './claim-delivery.ts';
import type { PipelineDeps } from './deps.ts';
import { deadLetterInvalid } from './dead-letter-invalid.ts';
import { endJob, expireJob, type JobEnd } from './end-job.ts';
import { noteFigures } from './note-figures.ts';
import { readMessage } from './read-message.ts';
import { settleUnclaimed } from './settle-unclaimed.ts';
import { isPastDeadline } from './start-call.ts';
import { tellJob } from './tell-job.ts';

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
  const call = { id: job.id, owner: deps.newId() };
  const claimed = await claimDelivery(deps, { pool: run.pool, job, message: run.message, owner: call.owner });
  if (claimed.kind === 'not-claimed') {
    return settleUnclaimed(deps, { ...run, job, span, ...claimed });
  }
  return withoutMark(deps, call, async () =>
    runClaimed(deps, { ...run, pulledFor: run.pool, job, span, stored: claimed.stored }),
  );
}

/** A delivery that ends without a write of its own, by a fault or a lost lock, leaves no mark behind (O2). */
async function withoutMark(deps: PipelineDeps, call: MarkedCall, work: () => Promise<JobEnd>): Promise<JobEnd> {
  let end: JobEnd | undefined;
  try {
    end = await work();
    return end;
  } finally {
    if (end === undefined || end.settlement === 'leave') {
      void withdrawCallLater(deps, call);
    }
  }
}

/** Calls of a job that died with their processes: with so many it is not run again. */
const mostLostCalls = 2;

async function runClaimed(deps: PipelineDeps, run: Omit<AttemptRun, 'sent'>): Promise<JobEnd> {
  const { document } = run.stored;
  if (isPastDeadline(deps, document)) {
    return expireJob(deps, run);
  }
  const lost = othersCalls(document);
  if (lost.length >= mostLostCalls) {
    return endJob(deps, run, { kind: 'dead-letter', deadLetter: workerCrashed(lost) });
  }
  const check = await checkJob(deps, run.job.envelope, { correction: document.fitting?.correction });
  if (check.kind === 'refused') {
    return endJob(deps, run, { kind: 'dead-letter', deadLetter: check.deadLetter });
  }
  // A message may lie on another pool's queue than its model's: the job's own pool runs it.
  const stored = { ...run.stored, document: noteFigures(document, check) };
  return attemptJob(deps, { ...run, pool: check.pool, sent: check, stored });
}

function workerCrashed(lost: readonly OpenCall[]): DeadLetter {
  const description = `${lost.length} calls of the job were started and never ended: the processes that made them are gone. It is not called again.`;
  return {
    reason: 'WorkerCrashed',
    description,
    figures: { lostCalls: lost.length, startedAt: lost.map(({ at }) => at) },
  };
}
