import type { JobDocument } from '../jobs/job-document.ts';
import { withOthersCalls } from '../jobs/job-transitions.ts';
import { judgeConflict } from '../jobs/judge-conflict.ts';
import type { Stored } from '../stored.ts';
import type { PipelineDeps } from './deps.ts';
import { keepTrying } from './keep-trying.ts';

export type SaveOutcome =
  | { readonly kind: 'saved'; readonly stored: Stored<JobDocument> }
  /** Another delivery, or a cancellation, has taken the job over; `document` is how it stands. */
  | { readonly kind: 'taken'; readonly document: JobDocument | undefined };

/**
 * Writes the next state of a claimed job, conditional on the claim (J1). Tries again while Cosmos is away, for as long
 * as the lock is held: only then may another delivery run the job.
 *
 * @throws AppError `cosmos.unavailable` when `signal` is aborted meanwhile
 */
export async function saveJob(
  deps: Pick<PipelineDeps, 'jobs' | 'clock'>,
  input: { readonly stored: Stored<JobDocument>; readonly next: JobDocument; readonly signal: AbortSignal },
): Promise<SaveOutcome> {
  const { signal } = input;
  let { next } = input;
  const owner = input.stored.document.claim?.owner;
  let { version } = input.stored;
  for (;;) {
    const tried = { next, version };
    const written = await keepTrying(deps, signal, async () => deps.jobs.replace(tried.next, tried.version));
    if (written !== 'conflict') {
      return { kind: 'saved', stored: written };
    }
    const current = await keepTrying(deps, signal, async () => deps.jobs.read(tried.next.id));
    const verdict = judgeConflict({ current: current?.document, next, owner });
    if (current === undefined || verdict === 'taken') {
      return { kind: 'taken', document: current?.document };
    }
    if (verdict === 'written') {
      return { kind: 'saved', stored: current };
    }
    // Processes that lost this job take the marks of their own calls away meanwhile (O2).
    next = withOthersCalls(next, { from: current.document, owner });
    ({ version } = current);
  }
}
