import { AppError } from '../errors.ts';
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
  /** Its message in the dead-letter queue is held by another at the moment; everything but that and the document is gone. */
  | { readonly kind: 'held' }
);

/**
 * Removes jobs for good: their payloads, their messages in the dead-letter queues, their documents.
 *
 * The document is marked first, in a conditional write, so that no replay meets a job that is half gone. It is removed last:
 * whatever kills the call in between, the document still leads to what is left, and the same call ends it. The other way
 * round, what was left could be found by nobody, and a message that the broker dead-lettered would bring its job back (D2).
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
  const { ids, isErasable, span } = input;
  const marked = await inGroups(ids, atOnce, async (id) => markOne(deps, id, isErasable));
  const going = marked.filter((one) => one.kind === 'marked');
  const { left } = await sweepJobs(deps, new Set(going.map(({ id }) => id)), span);
  return inGroups(marked, atOnce, async (one) => (one.kind === 'marked' ? removeOne(deps, one, left) : one));
}

interface Marked {
  readonly id: string;
  readonly kind: 'marked';
  readonly stored: Stored<JobDocument>;
}

async function markOne(
  deps: Pick<LetterDeps, 'jobs' | 'payloads' | 'clock'>,
  id: string,
  isErasable: (document: JobDocument) => boolean,
): Promise<Marked | EraseOutcome> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.jobs.read(id);
    if (stored === undefined) {
      return { id, kind: 'unknown' };
    }
    const { document, version } = stored;
    if (!isErasable(document)) {
      return { id, kind: 'not-erasable', state: document.state };
    }
    const isMarked = document.erasingAt !== undefined;
    const mark = isMarked ? stored : await deps.jobs.replace({ ...document, erasingAt: deps.clock.now() }, version);
    if (mark !== 'conflict') {
      await deps.payloads.removeOf(id);
      return { id, kind: 'marked', stored: mark };
    }
  }
  throw contended(id);
}

async function removeOne(
  deps: Pick<LetterDeps, 'jobs'>,
  { id, stored }: Marked,
  left: ReadonlySet<string>,
): Promise<EraseOutcome> {
  if (left.has(id)) {
    return { id, kind: 'held' };
  }
  const removed = await deps.jobs.remove(id, stored.version);
  if (removed !== 'conflict') {
    return { id, kind: 'erased' };
  }
  // Nothing but another erasure writes a marked document.
  const current = await deps.jobs.read(id);
  if (current === undefined) {
    return { id, kind: 'erased' };
  }
  throw contended(id);
}

function contended(id: string): AppError {
  return new AppError('jobs.contended', `Erasing job ${id} met another writer. Try again.`, { isRetryable: true });
}
