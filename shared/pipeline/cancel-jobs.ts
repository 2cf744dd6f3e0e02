import { AppError } from '../errors.ts';
import { hasEnded, type JobDocument, type JobState } from '../jobs/job-document.ts';
import { cancelJob } from '../jobs/job-transitions.ts';
import type { PipelineDeps } from './deps.ts';

/** Rounds against other writers before a cancellation gives up. */
const mostRounds = 8;

/** Jobs of a batch that are read at once. */
const pageSize = 100;

const goingOn: readonly JobState[] = ['queued', 'running', 'parked'];

export type CancelOutcome =
  | { readonly kind: 'cancelled'; readonly document: JobDocument }
  /** It had ended before; nothing was changed. */
  | { readonly kind: 'ended'; readonly document: JobDocument }
  | { readonly kind: 'unknown' };

type CancelDeps = Pick<PipelineDeps, 'jobs' | 'clock' | 'settings'>;

/**
 * Cancels a job. A queued or parked one never runs; a running one may still call the model, but cannot record a result.
 * Its message finds the document ended, and is completed.
 */
export async function cancelOne(deps: CancelDeps, id: string): Promise<CancelOutcome> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.jobs.read(id);
    if (stored === undefined || stored.document.erasedAt !== undefined) {
      return { kind: 'unknown' };
    }
    if (hasEnded(stored.document)) {
      return { kind: stored.document.state === 'cancelled' ? 'cancelled' : 'ended', document: stored.document };
    }
    const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
    const written = await deps.jobs.replace(cancelJob(stored.document, end), stored.version);
    if (written !== 'conflict') {
      return { kind: 'cancelled', document: written.document };
    }
  }
  throw new AppError('jobs.contended', `Cancelling job ${id} met another writer ${mostRounds} times. Try again.`, {
    isRetryable: true,
  });
}

/** Cancels what is left of a batch. */
export async function cancelBatch(
  deps: CancelDeps,
  batchId: string,
): Promise<{ readonly cancelled: number; readonly endedBefore: number }> {
  let cancelled = 0;
  let endedBefore = 0;
  for (;;) {
    // Always the first page: what was cancelled is no longer in it.
    const page = await deps.jobs.list({ batchId, states: goingOn }, { size: pageSize });
    const outcomes = await Promise.all(page.documents.map(async ({ id }) => cancelOne(deps, id)));
    cancelled += outcomes.filter((outcome) => outcome.kind === 'cancelled').length;
    endedBefore += outcomes.filter((outcome) => outcome.kind === 'ended').length;
    if (page.next === undefined || page.documents.length === 0) {
      return { cancelled, endedBefore };
    }
  }
}
