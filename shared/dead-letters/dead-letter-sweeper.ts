import type { DeadLetterHead } from '../pools/job-queue.ts';
import { jobQueues } from '../pools/pool.ts';
import { queueOf } from '../pools/queue-of.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { removeRest } from './erase-jobs.ts';
import { sendAgain } from '../pipeline/send-again.ts';
import type { LetterDeps } from './settle-letter.ts';
import { addSwept, nothingSwept, type Swept, sweepQueue } from './sweep-dead-letters.ts';

/**
 * The sweep that the timer runs.
 *
 * - W1 A look costs one peek for each 250 messages, and sees a bounded number of them: of longer queues the next look sees
 *   what follows. Only those that were not judged lately are judged.
 * - W2 What was judged to stay is judged again after a while, as documents are replayed, erased, and lapse.
 * - W3 A replay that died between the document and its message is mended: while the old message is there by judging that (D3),
 *   otherwise once nothing waits on the job's queue any more that came when the replay was due, or before.
 * - W4 An erasure that died half way is ended.
 */
const judgedForMs = 30 * 60_000;

/** Messages that one look sees, about; their bodies may travel along. */
const mostLooked = 4000;

/** How long a replay or an erasure may be under way before it is looked for, and how often that is done, in ms. */
const underWayMs = 5 * 60_000;

/** What the clocks of app and broker may differ by, and a send may take, in ms. */
const sendingMs = 60_000;

const mendedPage = 100;

export interface Sweeper {
  /**
   * @throws AppError `queue.unavailable`, `cosmos.unavailable` (retryable): the next look goes on
   */
  readonly sweep: (span: Span) => Promise<Swept>;
}

/** Where a look goes on: in which queue, behind which sequence number. */
interface Place {
  readonly index: number;
  readonly after: string | undefined;
}

const beginning: Place = { index: 0, after: undefined };

/** Remembers what was judged, in this process: another one judges it once more. */
export function deadLetterSweeper(deps: LetterDeps): Sweeper {
  const judged = new Map<string, number>();
  let place: Place = beginning;
  let mendedAt = Number.NEGATIVE_INFINITY;
  const nameOf = (queue: string, head: DeadLetterHead): string => `${queue} ${head.sequenceNumber}`;
  const forgetLapsed = (now: number): void => {
    for (const [name, at] of judged) {
      if (now - at > judgedForMs) {
        judged.delete(name);
      }
    }
  };
  return {
    sweep: async (span) => {
      const now = deps.clock.now();
      forgetLapsed(now);
      let [swept, looked] = [nothingSwept, 0];
      const queues = jobQueues(deps.pools);
      while (place.index < queues.length && looked < mostLooked) {
        const queue = queues[place.index] ?? '';
        const isMeant = (head: DeadLetterHead): boolean => !judged.has(nameOf(queue, head));
        const onKept = (head: DeadLetterHead): void => void judged.set(nameOf(queue, head), now);
        const { after } = place;
        const of = await sweepQueue(deps, { queue, isMeant, onKept, after, mostLooked: mostLooked - looked, span });
        swept = addSwept(swept, of);
        looked += of.looked;
        place = of.next === undefined ? { index: place.index + 1, after: undefined } : { ...place, after: of.next };
      }
      if (place.index >= queues.length) {
        place = beginning;
      }
      if (now - mendedAt >= underWayMs) {
        const sent = await sendLostReplays(deps, now - underWayMs, span);
        await endErasures(deps, now - underWayMs, span);
        mendedAt = now;
        swept = { ...swept, sent: swept.sent + sent };
      }
      return swept;
    },
  };
}

/** While what came with it waits on its queue a replay's message may be among it, so it is not sent once more. */
async function sendLostReplays(deps: LetterDeps, dueBefore: number, span: Span): Promise<number> {
  const isWaiting = waitingSince(deps);
  let sent = 0;
  let after: string | undefined;
  do {
    const page = await deps.jobs.list({ replayDueBefore: dueBefore }, { size: mendedPage, after });
    for (const document of page.documents) {
      const pool = deps.pools.find(({ name }) => name === document.pool);
      const isLost =
        pool !== undefined &&
        !(await isWaiting(queueOf(pool, document.options?.priority), (document.dueAt ?? 0) + sendingMs));
      sent += isLost && (await sendAgain(deps, { document, span })) ? 1 : 0;
    }
    after = page.next;
  } while (after !== undefined);
  return sent;
}

/** Whether anything waits on a queue that came before an instant. Where it is known of another instant nobody is asked. */
function waitingSince(deps: Pick<LetterDeps, 'queue'>): (queue: string, enqueuedBefore: number) => Promise<boolean> {
  const known = new Map<string, { readonly noneBefore: number; readonly someBefore: number }>();
  return async (queue, enqueuedBefore) => {
    const bounds = known.get(queue) ?? { noneBefore: 0, someBefore: Number.POSITIVE_INFINITY };
    if (enqueuedBefore <= bounds.noneBefore || enqueuedBefore >= bounds.someBefore) {
      return enqueuedBefore >= bounds.someBefore;
    }
    const isSome = (await deps.queue.backlog(queue, { enqueuedBefore })).messages > 0;
    known.set(queue, { ...bounds, ...(isSome ? { someBefore: enqueuedBefore } : { noneBefore: enqueuedBefore }) });
    return isSome;
  };
}

async function endErasures(deps: LetterDeps, erasedBefore: number, span: Span): Promise<void> {
  let after: string | undefined;
  do {
    const page = await deps.jobs.list({ isErasing: true, endedBefore: erasedBefore }, { size: mendedPage, after });
    const stored = await Promise.all(page.documents.map(async ({ id }) => deps.jobs.read(id)));
    await removeRest(
      deps,
      stored.filter((one) => one !== undefined),
      span,
    );
    after = page.next;
  } while (after !== undefined);
}
