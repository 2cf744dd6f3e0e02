import type { DeadLetterHead } from '../pools/job-queue.ts';
import { jobQueues } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { inGroups } from './in-groups.ts';
import { mayBeOf } from './inspect-dead-letter.ts';
import { type LetterDeps, settleLetter } from './settle-letter.ts';

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
  /** Jobs of which a message should have gone and is still there: somebody else holds it. */
  readonly left: ReadonlySet<string>;
}

export const nothingSwept: Swept = { judged: 0, adopted: 0, sent: 0, removed: 0, left: new Set() };

/**
 * Looks through the dead-letter queues for the messages of these jobs, after they were replayed or are being erased: what
 * stands for nothing any more is taken out.
 *
 * @throws AppError `queue.unavailable`, `cosmos.unavailable` (retryable): the timer's sweep does what is left
 */
export async function sweepJobs(deps: LetterDeps, ids: ReadonlySet<string>, span: Span): Promise<Swept> {
  let swept = nothingSwept;
  for (const queue of ids.size === 0 ? [] : jobQueues(deps.pools)) {
    const isMeant = (head: DeadLetterHead): boolean => mayBeOf(head, ids);
    swept = addSwept(swept, await sweepQueue(deps, { queue, isMeant, most: Number.POSITIVE_INFINITY, span }));
  }
  return swept;
}

export interface QueueSweep {
  readonly queue: string;
  readonly isMeant: (head: DeadLetterHead) => boolean;
  /** Messages that are judged at the most. */
  readonly most: number;
  readonly span: Span;
  /** Told of each message that stays. */
  readonly onKept?: (head: DeadLetterHead) => void;
}

interface Going {
  readonly sequenceNumber: string;
  readonly id: string;
}

/** Judges a queue's messages, and then takes out, in one pass, what stands for nothing any more. */
export async function sweepQueue(deps: LetterDeps, sweep: QueueSweep): Promise<Swept> {
  const { queue, most, span, onKept } = sweep;
  const going: Going[] = [];
  let [judged, adopted, sent] = [0, 0, 0];
  for await (const page of pagesOf(deps, queue)) {
    const heads = page.filter(sweep.isMeant).slice(0, most - judged);
    judged += heads.length;
    await inGroups(heads, atOnce, async (head) => {
      const end = await settleLetter(deps, { queue, head }, span);
      if (end.kind === 'remove') {
        going.push({ sequenceNumber: head.sequenceNumber, id: end.id });
        sent += end.isSent ? 1 : 0;
      } else if (end.kind === 'keep') {
        onKept?.(head);
      }
      adopted += end.kind === 'adopted' ? 1 : 0;
    });
    if (judged >= most) {
      break;
    }
  }
  return { judged, adopted, sent, ...(await takeOut(deps, queue, going)) };
}

async function takeOut(
  deps: LetterDeps,
  queue: string,
  going: readonly Going[],
): Promise<Pick<Swept, 'removed' | 'left'>> {
  const numbers = new Set(going.map(({ sequenceNumber }) => sequenceNumber));
  const removed = numbers.size === 0 ? 0 : await deps.queue.removeDeadLetters(queue, numbers);
  const left = removed === numbers.size ? [] : await stillThere(deps, queue, going);
  return { removed, left: new Set(left) };
}

async function stillThere(deps: LetterDeps, queue: string, going: readonly Going[]): Promise<readonly string[]> {
  const looked = await inGroups(going, atOnce, async ({ sequenceNumber, id }) => {
    const [found] = await deps.queue.peekDeadLetters(queue, { after: before(sequenceNumber), most: 1 });
    return found?.sequenceNumber === sequenceNumber ? [id] : [];
  });
  return looked.flat();
}

/** Numbers are decimal strings of up to 64 bits. */
function before(sequenceNumber: string): string {
  return String(BigInt(sequenceNumber) - 1n);
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
    left: new Set([...a.left, ...b.left]),
  };
}
