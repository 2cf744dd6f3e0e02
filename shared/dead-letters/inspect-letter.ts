import { deadLetterReasons } from '../jobs/dead-letter-reason.ts';
import { isJobId, isOwnMessageId } from '../jobs/job-id.ts';
import type { DeadLetterHead } from '../pools/job-queue.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { type ReadJob, readMessage } from '../pipeline/read-message.ts';

/** What a message in a dead-letter queue is. */
export type Letter =
  /** A job's; `job` where its body was read: somebody else dead-lettered it. */
  | { readonly kind: 'job'; readonly id: string; readonly by: 'sluice' | 'broker'; readonly job: ReadJob | undefined }
  /** A job's, whose stored request cannot be read back; dead-lettered by somebody else. */
  | { readonly kind: 'unreadable'; readonly id: string; readonly digest: string }
  /** No job: nothing but the message tells of it. */
  | { readonly kind: 'no-job' }
  | { readonly kind: 'gone' };

const ours: ReadonlySet<string> = new Set(deadLetterReasons);

/** Whose it is. What Sluice dead-lettered names its job; of the rest the body is read. */
export async function inspectLetter(
  deps: Pick<PipelineDeps, 'queue' | 'payloads' | 'sha256' | 'yieldToEventLoop'>,
  queue: string,
  head: DeadLetterHead,
): Promise<Letter> {
  if (isOurs(head)) {
    const { jobId, isJob } = head.properties;
    return isJob !== false && isJobId(jobId)
      ? { kind: 'job', id: jobId, by: 'sluice', job: undefined }
      : { kind: 'no-job' };
  }
  const letter = await deps.queue.readDeadLetter(queue, head.sequenceNumber);
  if (letter === undefined) {
    return { kind: 'gone' };
  }
  const read = await readMessage(deps, letter);
  if (read.kind === 'job') {
    return { kind: 'job', id: read.job.id, by: 'broker', job: read.job };
  }
  return read.id === undefined || read.digest === undefined
    ? { kind: 'no-job' }
    : { kind: 'unreadable', id: read.id, digest: read.digest };
}

/** Whether the message may be of one of these jobs, as far as can be told without its body. */
export function mayBeOf(head: DeadLetterHead, ids: ReadonlySet<string>): boolean {
  const { jobId } = head.properties;
  if (isOurs(head)) {
    return typeof jobId === 'string' && ids.has(jobId);
  }
  const [named = ''] = isOwnMessageId(head.messageId) ? (head.messageId?.split('~') ?? []) : [];
  // A long id is a hash in the message's id, and other senders choose their own.
  return named === '' || ids.has(named);
}

export function isOurs({ reason }: DeadLetterHead): boolean {
  return reason !== undefined && ours.has(reason);
}
