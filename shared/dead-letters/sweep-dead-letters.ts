import { AppError } from '../errors.ts';
import type { DeadLetterHead } from '../pools/job-queue.ts';
import { jobQueues } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { inGroups } from './in-groups.ts';
import { mayBeOf } from './inspect-letter.ts';
import { type LetterDeps, type LetterEnd, type QueuedLetter, settleLetter } from './settle-letter.ts';

/** Messages of one look. */
const pageSize = 250;

/** Messages that are judged at once: each takes a read of its document. */
const atOnce = 20;

export interface Swept {
  /** Messages that were judged. */
  readonly judged: number;
  /** Jobs that the broker had given up, and that are dead letters now. */
  readonly adopted: number;
  /** Messages of parked jobs that were sent again. */
  readonly sent: number;
  readonly removed: number;
}

export const nothingSwept: Swept = { judged: 0, adopted: 0, sent: 0, removed: 0 };

/**
 * Looks through the dead-letter queues for the messages of these jobs, after they were replayed or are being erased: what
 * stands for nothing any more is taken out, but for what another holds: the timer's sweep takes that.
 *
 * @throws AppError `queue.unavailable`, `cosmos.unavailable` (retryable): the timer's sweep does what is left
 */
export async function sweepJobs(deps: LetterDeps, ids: ReadonlySet<string>, span: Span): Promise<Swept> {
  const isMeant = (head: DeadLetterHead): boolean => mayBeOf(head, ids);
  const queues = ids.size === 0 ? [] : jobQueues(deps.pools);
  const swept = await Promise.all(queues.map(async (queue) => sweepQueue(deps, { queue, isMeant, span })));
  return swept.reduce(addSwept, nothingSwept);
}

export interface QueueSweep {
  readonly queue: string;
  readonly isMeant: (head: DeadLetterHead) => boolean;
  /** Begins behind this sequence number; at the beginning of the queue when undefined. */
  readonly after?: string | undefined;
  /** Messages that are looked at, about; the whole queue when undefined. */
  readonly mostLooked?: number;
  readonly span: Span;
  /** Told of each message that stays. */
  readonly onKept?: (head: DeadLetterHead) => void;
}

export interface QueueSwept extends Swept {
  readonly looked: number;
  /** Where to go on; undefined at the end of the queue. */
  readonly next: string | undefined;
}

/** Judges a queue's messages, and then takes out, in one pass, what stands for nothing any more. */
export async function sweepQueue(deps: LetterDeps, sweep: QueueSweep): Promise<QueueSwept> {
  const { queue, after, mostLooked, span, onKept } = sweep;
  const going = new Set<string>();
  let [looked, judged, adopted, sent] = [0, 0, 0, 0];
  let next: string | undefined;
  for await (const page of pagesOf(deps, queue, after)) {
    looked += page.length;
    const heads = page.filter(sweep.isMeant);
    judged += heads.length;
    await inGroups(heads, atOnce, async (head) => {
      const end = await settleOrKeep(deps, { queue, head }, span);
      if (end.kind === 'remove') {
        going.add(head.sequenceNumber);
        sent += end.isSent ? 1 : 0;
      } else if (end.kind === 'keep') {
        onKept?.(head);
      }
      adopted += end.kind === 'adopted' ? 1 : 0;
    });
    if (mostLooked !== undefined && looked >= mostLooked) {
      next = page.at(-1)?.sequenceNumber;
      break;
    }
  }
  const removed = going.size === 0 ? 0 : await deps.queue.removeDeadLetters(queue, going);
  return { judged, adopted, sent, removed, looked, next };
}

/** A message that cannot be judged, as its document is of a newer version for one, stays and holds up no other. */
async function settleOrKeep(deps: LetterDeps, where: QueuedLetter, span: Span): Promise<LetterEnd> {
  try {
    return await settleLetter(deps, where, span);
  } catch (error) {
    if (!(error instanceof AppError) || error.isRetryable) {
      throw error;
    }
    deps.logFault('judging a dead-lettered message', error);
    return { kind: 'keep' };
  }
}

/** A dead-letter queue from its beginning, page by page. */
export async function* pagesOf(
  deps: Pick<LetterDeps, 'queue'>,
  queue: string,
  from?: string,
): AsyncGenerator<readonly DeadLetterHead[], void> {
  let after = from;
  for (;;) {
    const page = await deps.queue.peekDeadLetters(queue, { after, most: pageSize });
    if (page.length === 0) {
      return;
    }
    yield page;
    after = page.at(-1)?.sequenceNumber;
  }
}

export function addSwept(a: Swept, b: Swept): Swept {
  return {
    judged: a.judged + b.judged,
    adopted: a.adopted + b.adopted,
    sent: a.sent + b.sent,
    removed: a.removed + b.removed,
  };
}
