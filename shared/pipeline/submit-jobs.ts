import { hasEnded, type JobDocument } from '../jobs/job-document.ts';
import type { JobEnvelope } from '../jobs/job-envelope.ts';
import { isJobId, messageIdOf } from '../jobs/job-id.ts';
import { idOfLine } from '../jobs/job-message.ts';
import type { DeadLetter } from '../jobs/job-transitions.ts';
import { newJobDocument } from '../jobs/new-job-document.ts';
import type { OutgoingMessage } from '../pools/job-queue.ts';
import { poolCost } from '../pools/pool-cost.ts';
import { queueOf } from '../pools/queue-of.ts';
import { armFirstLane } from './arm-lanes.ts';
import { checkJob, type JobFigures } from './check-job.ts';
import type { PipelineDeps } from './deps.ts';
import type { Priority } from './expected-start.ts';
import { expectedStarts } from './expected-starts.ts';
import { digestOf } from './read-message.ts';
import { writeMessage } from './write-message.ts';

export interface Submission {
  readonly envelope: JobEnvelope;
  /** The id when the envelope names none. */
  readonly fallbackId: string;
  /** The batch when the envelope names none. */
  readonly batchId: string | undefined;
}

export type SubmitOutcome =
  | {
      readonly kind: 'accepted';
      readonly id: string;
      readonly document: JobDocument;
      readonly figures: JobFigures;
      /** Epoch ms; `undefined` when nothing can be told. */
      readonly expectedStartAt: number | undefined;
    }
  /** It can never run. */
  | { readonly kind: 'refused'; readonly id: string; readonly deadLetter: DeadLetter }
  /** The id belongs to a job with another body. */
  | { readonly kind: 'conflict'; readonly id: string };

/**
 * Submits jobs: large request to a blob, then the message, then the document; only then is a job accepted. Every step
 * is idempotent on the job id. Killed in between, the job runs, or the caller was never told: there is no document
 * without a message.
 *
 * @throws AppError `queue.full`, `queue.unavailable`, `cosmos.unavailable` (retryable): submit the same jobs again
 */
export async function submitJobs(
  deps: PipelineDeps,
  submissions: readonly Submission[],
  traceparent: string,
): Promise<readonly SubmitOutcome[]> {
  const prepared = await Promise.all(submissions.map(async (submission) => prepare(deps, submission, traceparent)));
  const runnable = prepared.filter((one) => one.kind === 'runnable');
  // Asked before they are sent: the documents follow the messages at once.
  const starts = await expectedStarts(deps, runnable);
  const byQueue = Map.groupBy(runnable, (one) => one.queue);
  await Promise.all(
    [...byQueue].map(async ([queue, jobs]) =>
      deps.queue.send(
        queue,
        jobs.map((job) => job.message),
      ),
    ),
  );
  const outcomes = await Promise.all(
    prepared.map(async (one) => (one.kind === 'runnable' ? store(deps, one, starts.get(one)) : one)),
  );
  if (runnable.length > 0) {
    await armFirstLane(deps, traceparent);
  }
  return outcomes;
}

interface Runnable {
  readonly kind: 'runnable';
  readonly id: string;
  readonly queue: string;
  readonly message: OutgoingMessage;
  readonly document: JobDocument;
  readonly figures: JobFigures;
  readonly priority: Priority;
  readonly costTokens: number;
}

async function prepare(
  deps: PipelineDeps,
  submission: Submission,
  traceparent: string,
): Promise<Runnable | Exclude<SubmitOutcome, { readonly kind: 'accepted' | 'conflict' }>> {
  const batchId = submission.envelope.batchId ?? submission.batchId;
  const envelope = { ...submission.envelope, batchId };
  const id = envelope.id ?? idOfLine(envelope.customId, batchId) ?? submission.fallbackId;
  const checked = await checkJob(deps, envelope);
  const check = checked.kind === 'runnable' && !isJobId(id) ? idTooLong : checked;
  if (check.kind === 'refused') {
    return { kind: 'refused', id, deadLetter: check.deadLetter };
  }
  const digest = await digestOf(deps, envelope);
  const written = await writeMessage(deps, { id, envelope, digest });
  if (written.kind === 'too-large') {
    const { path, message } = written.problem;
    return { kind: 'refused', id, deadLetter: refuse(path, message).deadLetter };
  }
  const { text, stored } = written;
  if (stored !== undefined) {
    await deps.payloads.put(stored.name, stored.text);
  }
  const createdAt = deps.clock.now();
  const { pool, promptTokens, worstCaseTokens, fitting } = check;
  const priority = envelope.options?.priority;
  const costTokens = poolCost(pool, check.request);
  const figures = { promptTokens, worstCaseTokens, costTokens, fitting };
  const messageId = messageIdOf({ id, epoch: 0, digest }, deps.sha256);
  return {
    kind: 'runnable',
    id,
    queue: queueOf(pool, priority),
    message: { messageId, text, epoch: 0, traceparent, costTokens },
    document: newJobDocument({
      id,
      envelope,
      digest,
      requestRef: stored?.name,
      pool: pool.name,
      epoch: 0,
      createdAt,
      figures,
    }),
    figures: check,
    priority,
    costTokens,
  };
}

const idTooLong = refuse(
  'custom_id',
  'is too long: with its batch id before it a job id has 128 characters at the most',
);

interface Refusal {
  readonly kind: 'refused';
  readonly deadLetter: DeadLetter;
}

function refuse(path: string, problem: string): Refusal {
  return {
    kind: 'refused',
    deadLetter: { reason: 'InvalidJob', description: `${path} ${problem}.`, figures: { path } },
  };
}

/** The document comes after the message, so the pump may have created it by now: the same job then. */
async function store(deps: PipelineDeps, job: Runnable, expectedStartAt: number | undefined): Promise<SubmitOutcome> {
  const { id, figures } = job;
  const document = expectedStartAt === undefined ? job.document : { ...job.document, expectedStartAt };
  const created = await deps.jobs.create(document);
  if (created !== 'exists') {
    return { kind: 'accepted', id, document, figures, expectedStartAt };
  }
  const existing = (await deps.jobs.read(id))?.document ?? document;
  if (existing.digest !== document.digest && existing.submittedDigest !== document.digest) {
    return { kind: 'conflict', id };
  }
  const isOver = hasEnded(existing);
  return { kind: 'accepted', id, document: existing, figures, expectedStartAt: isOver ? undefined : expectedStartAt };
}
