import type { MessageName, PurgeSelection } from '../jobs/dead-letter-selection.ts';
import { isDeadLetter } from '../jobs/job-document.ts';
import { jobQueues } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { eraseJobs } from './erase-jobs.ts';
import { inGroups } from './in-groups.ts';
import { inspectLetter } from './inspect-letter.ts';
import { type LoneMessage, loneMessages } from './lone-messages.ts';
import { selectDeadLetters } from './select-dead-letters.ts';
import type { LetterDeps } from './settle-letter.ts';

const atOnce = 10;

export type PurgeOutcome = { readonly id: string } & (
  | { readonly kind: 'purged' | 'would-purge' | 'unknown' }
  | { readonly kind: 'not-a-dead-letter'; readonly state: string }
);

export interface Purged {
  readonly outcomes: readonly PurgeOutcome[];
  /** Messages that no document stands for. */
  readonly messages: readonly (MessageName & { readonly outcome: 'purged' | 'would-purge' | 'unknown' })[];
  readonly isMore: boolean;
  readonly next: string | undefined;
}

/**
 * Removes dead letters for good: documents, payloads and messages, and messages that no document stands for.
 *
 * @throws AppError `cosmos.unavailable`, `queue.unavailable`, `payloads.unavailable` (retryable): call again
 */
export async function purgeDeadLetters(deps: LetterDeps, selection: PurgeSelection, span: Span): Promise<Purged> {
  const { ids, isMore, next } =
    selection.messages === undefined || selection.ids !== undefined
      ? await selectDeadLetters(deps, selection)
      : { ids: [], isMore: false, next: undefined };
  const outcomes = selection.isDryRun
    ? await inGroups(ids, atOnce, async (id) => lookAt(deps, id))
    : await purgeJobs(deps, ids, span);
  const lone = await selectMessages(deps, selection);
  const messages = await purgeMessages(deps, lone.messages, selection.isDryRun);
  return { outcomes, messages, isMore: isMore || lone.isMore, next };
}

async function lookAt(deps: Pick<LetterDeps, 'jobs'>, id: string): Promise<PurgeOutcome> {
  const stored = await deps.jobs.read(id);
  if (stored === undefined || stored.document.erasedAt !== undefined) {
    return { id, kind: 'unknown' };
  }
  const { state } = stored.document;
  return isDeadLetter(stored.document) ? { id, kind: 'would-purge' } : { id, kind: 'not-a-dead-letter', state };
}

async function purgeJobs(deps: LetterDeps, ids: readonly string[], span: Span): Promise<readonly PurgeOutcome[]> {
  const erased = await eraseJobs(deps, { ids, isErasable: isDeadLetter, span });
  return erased.map((one): PurgeOutcome => {
    switch (one.kind) {
      case 'erased':
        return { id: one.id, kind: 'purged' };
      case 'not-erasable':
        return { id: one.id, kind: 'not-a-dead-letter', state: one.state };
      case 'unknown':
        return { id: one.id, kind: 'unknown' };
    }
  });
}

/** Named ones, or those that the filter takes in: it must name neither batch nor tenant, which messages do not tell. */
async function selectMessages(
  deps: LetterDeps,
  selection: PurgeSelection,
): Promise<{ readonly messages: readonly (MessageName | LoneMessage)[]; readonly isMore: boolean }> {
  const { messages, ids, filter, limit } = selection;
  if (messages !== undefined || ids !== undefined) {
    return { messages: messages ?? [], isMore: false };
  }
  const found: LoneMessage[] = [];
  let after: MessageName | undefined;
  do {
    // A page ends after so many messages that were looked at: there may be none of these among them.
    const page = await loneMessages(deps, { filter, limit, after });
    found.push(...page.messages.filter((one) => one.isFinal));
    after = page.next;
  } while (after !== undefined && found.length < limit);
  return { messages: found.slice(0, limit), isMore: after !== undefined || found.length > limit };
}

async function purgeMessages(
  deps: LetterDeps,
  named: readonly MessageName[],
  isDryRun: boolean,
): Promise<Purged['messages']> {
  const known = new Set(jobQueues(deps.pools));
  const looked = await inGroups(named, atOnce, async ({ queue, sequenceNumber }) => {
    // S1: no name of a caller's reaches the broker.
    const isThere = known.has(queue) && (await isLone(deps, { queue, sequenceNumber }));
    return { queue, sequenceNumber, isThere };
  });
  const there = Map.groupBy(
    looked.filter(({ isThere }) => isThere),
    ({ queue }) => queue,
  );
  for (const [queue, ofQueue] of isDryRun ? [] : there) {
    await deps.queue.removeDeadLetters(queue, new Set(ofQueue.map(({ sequenceNumber }) => sequenceNumber)));
  }
  const done = isDryRun ? 'would-purge' : 'purged';
  return looked.map(({ queue, sequenceNumber, isThere }) => ({
    queue,
    sequenceNumber,
    outcome: isThere ? done : 'unknown',
  }));
}

/** A job's message goes with its document, never by its number: the job would be lost (J2). */
async function isLone(deps: LetterDeps, { queue, sequenceNumber }: MessageName): Promise<boolean> {
  const head = await deps.queue.readDeadLetter(queue, sequenceNumber);
  return head !== undefined && (await inspectLetter(deps, queue, head)).kind === 'no-job';
}
