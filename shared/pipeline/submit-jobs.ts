import type { JobDocument } from '../jobs/job-document.ts';
import { deadlineOf, type JobEnvelope, modelOf } from '../jobs/job-envelope.ts';
import { isJobId, messageIdOf } from '../jobs/job-id.ts';
import { idOfLine, toMessageText } from '../jobs/job-message.ts';
import type { DeadLetter } from '../jobs/job-transitions.ts';
import { requestName } from '../payloads/payload-name.ts';
import type { OutgoingMessage } from '../pools/job-queue.ts';
import { utf8Length } from '../tokens/utf8-length.ts';
import { armFreeLane } from './arm-lanes.ts';
import { checkJob, type JobFigures } from './check-job.ts';
import type { PipelineDeps } from './deps.ts';
import { digestOf, largestRequest } from './read-message.ts';

/** Larger messages go to a blob: a queue takes 256 KB, properties included. In bytes of UTF-8. */
const largestInline = 192 * 1024;

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
  const byQueue = Map.groupBy(runnable, (one) => one.queue);
  await Promise.all(
    [...byQueue].map(async ([queue, jobs]) =>
      deps.queue.send(
        queue,
        jobs.map((job) => job.message),
      ),
    ),
  );
  const outcomes = await Promise.all(prepared.map(async (one) => (one.kind === 'runnable' ? store(deps, one) : one)));
  if (runnable.length > 0) {
    await armFreeLane(deps, traceparent);
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
}

async function prepare(
  deps: PipelineDeps,
  submission: Submission,
  traceparent: string,
): Promise<Runnable | Exclude<SubmitOutcome, { readonly kind: 'accepted' | 'conflict' }>> {
  const batchId = submission.envelope.batchId ?? submission.batchId;
  const envelope = { ...submission.envelope, batchId };
  const id = envelope.id ?? idOfLine(envelope.customId, batchId) ?? submission.fallbackId;
  const check = await checkJob(deps, envelope);
  const requestText = JSON.stringify(envelope.request);
  const refusal = check.kind === 'refused' ? check.deadLetter : refuseSubmission(id, requestText);
  if (check.kind === 'refused' || refusal !== undefined) {
    return { kind: 'refused', id, deadLetter: refusal ?? invalidJob('request', 'cannot be run') };
  }
  const digest = digestOf(deps.sha256, envelope);
  const inline = toMessageText({ id, envelope, digest, request: { inline: envelope.request } });
  const requestRef = utf8Length(inline) > largestInline ? requestName(id, digest) : undefined;
  if (requestRef !== undefined) {
    await deps.payloads.put(requestRef, requestText);
  }
  const text =
    requestRef === undefined ? inline : toMessageText({ id, envelope, digest, request: { ref: requestRef } });
  const { pool } = check;
  return {
    kind: 'runnable',
    id,
    queue: envelope.options?.priority === 'high' ? pool.highQueue : pool.queue,
    message: { messageId: messageIdOf({ id, epoch: 0, digest }, deps.sha256), text, epoch: 0, traceparent },
    document: queuedDocument(deps, { id, envelope, digest, requestRef, figures: check }),
    figures: check,
  };
}

/** What a pump could not read back: the job would be accepted and never end. */
function refuseSubmission(id: string, requestText: string): DeadLetter | undefined {
  if (!isJobId(id)) {
    return invalidJob('custom_id', 'is too long: with its batch id before it a job id has 128 characters at the most');
  }
  if (utf8Length(requestText) > largestRequest) {
    return invalidJob('request', `is larger than ${largestRequest} bytes when it is written as JSON`);
  }
  return undefined;
}

function invalidJob(path: string, problem: string): DeadLetter {
  return { reason: 'InvalidJob', description: `${path} ${problem}.`, figures: { path } };
}

/** The document comes after the message, so the pump may have created it by now: the same job then. */
async function store(deps: PipelineDeps, job: Runnable): Promise<SubmitOutcome> {
  const { id, document, figures } = job;
  const created = await deps.jobs.create(document);
  if (created !== 'exists') {
    return { kind: 'accepted', id, document, figures };
  }
  const existing = await deps.jobs.read(id);
  return existing === undefined || existing.document.digest === document.digest
    ? { kind: 'accepted', id, document: existing?.document ?? document, figures }
    : { kind: 'conflict', id };
}

function queuedDocument(
  deps: Pick<PipelineDeps, 'clock'>,
  job: {
    readonly id: string;
    readonly envelope: JobEnvelope;
    readonly digest: string;
    readonly requestRef: string | undefined;
    readonly figures: JobFigures;
  },
): JobDocument {
  const { id, envelope, digest, requestRef, figures } = job;
  const { customId, batchId, tenant, options } = envelope;
  const deadline = deadlineOf(envelope);
  return {
    id,
    v: 1,
    state: 'queued',
    pool: figures.pool.name,
    model: modelOf(envelope.request),
    digest,
    createdAt: deps.clock.now(),
    epoch: 0,
    promptTokens: figures.promptTokens,
    worstCaseTokens: figures.worstCaseTokens,
    ...(customId === undefined ? {} : { customId }),
    ...(batchId === undefined ? {} : { batchId }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(requestRef === undefined ? {} : { requestRef }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(options?.metadata === undefined ? {} : { metadata: options.metadata }),
  };
}
