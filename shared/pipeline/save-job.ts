import { AppError } from '../errors.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import { judgeConflict } from '../jobs/judge-conflict.ts';
import type { Stored } from '../stored.ts';
import type { PipelineDeps } from './deps.ts';

/** How long an end waits between tries while Cosmos is away, in ms: the call is paid for, its result must not be lost. */
const retryMs = 1000;

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
  const owner = input.stored.document.claim?.owner;
  let { version } = input.stored;
  for (;;) {
    try {
      const written = await deps.jobs.replace(input.next, version);
      if (written !== 'conflict') {
        return { kind: 'saved', stored: written };
      }
      const current = await deps.jobs.read(input.next.id);
      const verdict = judgeConflict({ current: current?.document, next: input.next, owner });
      if (current === undefined || verdict === 'taken') {
        return { kind: 'taken', document: current?.document };
      }
      if (verdict === 'written') {
        return { kind: 'saved', stored: current };
      }
      version = current.version;
    } catch (error) {
      if (!(error instanceof AppError && error.isRetryable) || input.signal.aborted) {
        throw error;
      }
      await deps.clock.sleep(retryMs, input.signal);
    }
  }
}
