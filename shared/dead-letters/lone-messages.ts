import type { MessageName } from '../jobs/dead-letter-selection.ts';
import type { JobFilter } from '../jobs/job-store.ts';
import type { DeadLetterHead } from '../pools/job-queue.ts';
import { jobQueues } from '../pools/pool.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { inspectLetter, isOurs } from './inspect-letter.ts';
import { verdictOn } from './settle-letter.ts';
import { pagesOf } from './sweep-dead-letters.ts';

/** Messages that one call looks at, over all queues. */
const mostLooked = 5000;

/** A message in a dead-letter queue that no document stands for. */
export interface LoneMessage extends MessageName {
  readonly messageId: string | undefined;
  readonly reason: string | undefined;
  readonly description: string | undefined;
  /** Epoch ms. */
  readonly enqueuedAt: number;
  /** The job that it is of; the sweep makes that a dead letter within a minute. */
  readonly jobId: string | undefined;
  /** Nothing will come of it by itself: it is no job. */
  readonly isFinal: boolean;
}

export interface LonePage {
  readonly messages: readonly LoneMessage[];
  readonly next: MessageName | undefined;
}

type LoneDeps = Pick<PipelineDeps, 'queue' | 'jobs' | 'payloads' | 'sha256' | 'yieldToEventLoop' | 'pools'>;

/**
 * Messages that no document stands for: what was no job, and what the broker dead-lettered by itself and nobody has looked
 * at yet. Page by page, queue after queue.
 *
 * @throws AppError `queue.unavailable`, `cosmos.unavailable` (retryable)
 */
export async function loneMessages(
  deps: LoneDeps,
  query: { readonly filter: JobFilter; readonly limit: number; readonly after: MessageName | undefined },
): Promise<LonePage> {
  const { filter, limit, after } = query;
  const messages: LoneMessage[] = [];
  let looked = 0;
  for (const queue of queuesOf(deps, filter, after)) {
    const from = queue === after?.queue ? after.sequenceNumber : undefined;
    for await (const page of pagesOf(deps, queue, from)) {
      for (const head of page) {
        looked += 1;
        const lone = isMeant(head, filter) ? await loneOf(deps, queue, head) : undefined;
        messages.push(...(lone === undefined ? [] : [lone]));
        if (messages.length === limit || looked === mostLooked) {
          return { messages, next: { queue, sequenceNumber: head.sequenceNumber } };
        }
      }
    }
  }
  return { messages, next: undefined };
}

/** None for a filter by what only documents tell. */
function queuesOf(deps: LoneDeps, filter: JobFilter, after: MessageName | undefined): readonly string[] {
  if (filter.batchId !== undefined || filter.tenant !== undefined) {
    return [];
  }
  const pool = deps.pools.find(({ name }) => name === filter.pool);
  const ofPool = pool === undefined ? [] : [pool.queue, pool.highQueue];
  const queues = filter.pool === undefined ? jobQueues(deps.pools) : ofPool;
  const from = after === undefined ? 0 : queues.indexOf(after.queue);
  return from < 0 ? [] : queues.slice(from);
}

function isMeant(head: DeadLetterHead, { reason, endedBefore }: JobFilter): boolean {
  return (
    (reason === undefined || head.reason === reason) && (endedBefore === undefined || head.enqueuedAt < endedBefore)
  );
}

async function loneOf(deps: LoneDeps, queue: string, head: DeadLetterHead): Promise<LoneMessage | undefined> {
  const { sequenceNumber, messageId, reason, description, enqueuedAt } = head;
  const told = { queue, sequenceNumber, messageId, reason, description, enqueuedAt };
  const letter = await inspectLetter(deps, queue, head);
  switch (letter.kind) {
    case 'gone':
      return undefined;
    case 'no-job':
      return { ...told, jobId: undefined, isFinal: true };
    case 'unreadable':
      return { ...told, jobId: letter.id, isFinal: false };
    case 'job': {
      // What Sluice dead-lettered has a document.
      const isPending = !isOurs(head) && verdictOn(head, letter, await deps.jobs.read(letter.id)) === 'adopt';
      return isPending ? { ...told, jobId: letter.id, isFinal: false } : undefined;
    }
  }
}
