import type { JobDocument } from '../jobs/job-document.ts';
import { toMessageText } from '../jobs/job-message.ts';
import { messageIdOf } from '../jobs/job-id.ts';
import { type DeadLetter, deadLetterJob, parkJob } from '../jobs/job-transitions.ts';
import { requestName } from '../payloads/payload-name.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import { poolCost } from '../pools/pool-cost.ts';
import { queueOf } from '../pools/queue-of.ts';
import type { Stored } from '../stored.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { PipelineDeps } from './deps.ts';
import { keepTrying } from './keep-trying.ts';
import type { ReadJob } from './read-message.ts';
import { saveJob } from './save-job.ts';

/** What happened to a delivery: what was done with its message, and how the job stands, for the trace. */
export interface JobEnd {
  readonly settlement: 'complete' | 'park' | 'dead-letter' | 'abandon' | 'leave';
  readonly outcome: string;
  readonly reason?: string;
}

export interface EndingRun {
  readonly pool: Pool;
  readonly message: ReceivedMessage;
  readonly job: ReadJob;
  readonly span: Span;
  readonly stored: Stored<JobDocument>;
}

export type Ending =
  | { readonly kind: 'dead-letter'; readonly deadLetter: DeadLetter }
  | { readonly kind: 'park'; readonly dueAt: number };

/** Ends a claimed delivery without a result: the request is stored first, then the document, then the message (J2). */
export async function endJob(deps: PipelineDeps, run: EndingRun, ending: Ending): Promise<JobEnd> {
  const requestRef = await storeRequest(deps, run);
  switch (ending.kind) {
    case 'dead-letter':
      return deadLetter(deps, run, { ...ending.deadLetter, requestRef });
    case 'park':
      return park(deps, run, { dueAt: ending.dueAt, requestRef });
  }
}

/** Replay and parking never have to hunt for the request: it is stored under the job's own name. */
async function storeRequest(deps: PipelineDeps, { job, message }: EndingRun): Promise<string> {
  if (job.requestRef !== undefined) {
    return job.requestRef;
  }
  const name = requestName(job.id, job.digest);
  await keepTrying(deps, message.lockLost, async () => deps.payloads.put(name, JSON.stringify(job.envelope.request)));
  return name;
}

async function deadLetter(
  deps: PipelineDeps,
  run: EndingRun,
  ending: DeadLetter & { readonly requestRef: string },
): Promise<JobEnd> {
  const { requestRef, ...why } = ending;
  const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
  const { options } = run.job.envelope;
  const kept = { ...run.stored.document, requestRef, ...(options === undefined ? {} : { options }) };
  const next = deadLetterJob(kept, why, end);
  const saved = await saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
  if (saved.kind === 'taken') {
    return leaveTaken(deps, run, saved.document);
  }
  await run.message.deadLetter({ ...why, figures: { jobId: run.job.id, ...why.figures } });
  return { settlement: 'dead-letter', outcome: next.state, reason: why.reason };
}

async function park(
  deps: PipelineDeps,
  run: EndingRun,
  parking: { readonly dueAt: number; readonly requestRef: string },
): Promise<JobEnd> {
  const next = parkJob(run.stored.document, parking);
  const saved = await saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
  if (saved.kind === 'taken') {
    return leaveTaken(deps, run, saved.document);
  }
  await sendParked(deps, { ...run, document: next });
  await run.message.complete();
  return { settlement: 'park', outcome: 'parked' };
}

/** Parking, step (b): the message of the document's epoch, under the same id however often it is sent. */
export async function sendParked(
  deps: Pick<PipelineDeps, 'queue' | 'sha256'>,
  run: { readonly pool: Pool; readonly job: ReadJob; readonly document: JobDocument; readonly span: Span },
): Promise<void> {
  const { pool, job, document } = run;
  const { envelope, digest, id } = job;
  const request = document.requestRef === undefined ? { inline: envelope.request } : { ref: document.requestRef };
  await deps.queue.send(queueOf(pool, envelope.options?.priority), [
    {
      messageId: messageIdOf({ id, epoch: document.epoch, digest }, deps.sha256),
      text: toMessageText({ id, envelope, digest, request }),
      epoch: document.epoch,
      traceparent: run.span.traceparent,
      costTokens: poolCost(pool, envelope.request),
      ...(document.dueAt === undefined ? {} : { dueAt: document.dueAt }),
    },
  ]);
}

/** Its deadline is over, or would be before its call could start. */
export async function expireJob(deps: PipelineDeps, run: EndingRun): Promise<JobEnd> {
  const { deadline = 0, createdAt } = run.stored.document;
  const now = deps.clock.now();
  const figures = { deadline, lateMs: Math.max(0, now - deadline), waitedMs: now - createdAt };
  const waited = `${Math.round(figures.waitedMs / 1000)} s after it was submitted`;
  const description = `The deadline of the job was over, or would have been, before its call could start (${waited}).`;
  return endJob(deps, run, { kind: 'dead-letter', deadLetter: { reason: 'Expired', description, figures } });
}

/**
 * Somebody else has the job now. A cancelled job's message has nothing left to do; another's is not ours to settle. What was
 * stored of a job that was erased meanwhile goes as well: nothing leads to it any more.
 */
export async function leaveTaken(
  deps: Pick<PipelineDeps, 'clock' | 'payloads'>,
  run: Pick<EndingRun, 'message'>,
  document: JobDocument | undefined,
): Promise<JobEnd> {
  if (document?.erasedAt !== undefined) {
    await keepTrying(deps, run.message.lockLost, async () => deps.payloads.removeOf(document.id));
  }
  if (document?.state === 'cancelled') {
    await run.message.complete();
    return { settlement: 'complete', outcome: 'cancelled' };
  }
  return { settlement: 'leave', outcome: 'taken-over' };
}
