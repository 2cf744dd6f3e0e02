import { AppError } from '../errors.ts';
import { eraseJob, finishErasing } from '../jobs/erase-job.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import type { Stored } from '../stored.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { inGroups } from './in-groups.ts';
import type { LetterDeps } from './settle-letter.ts';
import { sweepJobs } from './sweep-dead-letters.ts';

/** Jobs that are erased at once. */
const atOnce = 10;

/** Rounds against other writers before one job gives up. */
const mostRounds = 8;

export type EraseOutcome = { readonly id: string } & (
  | { readonly kind: 'erased' | 'unknown' }
  /** Its state is not one that the call may erase; nothing was changed. */
  | { readonly kind: 'not-erasable'; readonly state: string }
);

/**
 * Removes jobs for good. (a) The document becomes a tombstone, in one conditional write on the end that was read: a job that
 * is replayed at the same moment stays whole. (b) Its payloads go, (c) then its messages in the dead-letter queues, (d) then
 * the tombstone's mark. Killed in between, the same call ends it, and so does the sweep, by the mark.
 *
 * @throws AppError `cosmos.unavailable`, `queue.unavailable`, `payloads.unavailable` (retryable): call again
 */
export async function eraseJobs(
  deps: LetterDeps,
  input: {
    readonly ids: readonly string[];
    readonly isErasable: (document: JobDocument) => boolean;
    readonly span: Span;
  },
): Promise<readonly EraseOutcome[]> {
  const marked = await inGroups(input.ids, atOnce, async (id) => markOne(deps, id, input.isErasable));
  const going = marked.filter((one) => one.kind === 'marked');
  await removeRest(
    deps,
    going.map(({ stored }) => stored),
    input.span,
  );
  return marked.map((one) => (one.kind === 'marked' ? { id: one.id, kind: 'erased' } : one));
}

/** Steps (b) to (d), of tombstones that are marked. */
export async function removeRest(
  deps: LetterDeps,
  tombstones: readonly Stored<JobDocument>[],
  span: Span,
): Promise<void> {
  await inGroups(tombstones, atOnce, async ({ document }) => deps.payloads.removeOf(document.id));
  await sweepJobs(deps, new Set(tombstones.map(({ document }) => document.id)), span);
  // A conflict is another call that ended the same.
  await inGroups(tombstones, atOnce, async ({ document, version }) =>
    deps.jobs.replace(finishErasing(document), version),
  );
}

interface Marked {
  readonly id: string;
  readonly kind: 'marked';
  readonly stored: Stored<JobDocument>;
}

async function markOne(
  deps: Pick<LetterDeps, 'jobs' | 'clock'>,
  id: string,
  isErasable: (document: JobDocument) => boolean,
): Promise<Marked | EraseOutcome> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.jobs.read(id);
    if (stored?.document.isErasing === true) {
      return { id, kind: 'marked', stored };
    }
    if (stored === undefined || stored.document.erasedAt !== undefined) {
      return { id, kind: 'unknown' };
    }
    const { document, version } = stored;
    if (!isErasable(document)) {
      return { id, kind: 'not-erasable', state: document.state };
    }
    const written = await deps.jobs.replace(eraseJob(document, deps.clock.now()), version);
    if (written !== 'conflict') {
      return { id, kind: 'marked', stored: written };
    }
  }
  throw new AppError('jobs.contended', `Erasing job ${id} met another writer ${mostRounds} times. Try again.`, {
    isRetryable: true,
  });
}
