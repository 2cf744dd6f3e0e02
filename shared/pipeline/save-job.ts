import { AppError } from '../errors.ts';
import { hasEnded, type JobDocument } from '../jobs/job-document.ts';
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
      if (current === undefined || isTaken(current.document, input.next, owner)) {
        return { kind: 'taken', document: current?.document };
      }
      if (isWritten(current.document, input.next)) {
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

/** Our own write, whose reply was lost, shows in the state and the epoch. */
function isWritten(current: JobDocument, next: JobDocument): boolean {
  return current.state === next.state && current.epoch === next.epoch && current.endedAt === next.endedAt;
}

function isTaken(current: JobDocument, next: JobDocument, owner: string | undefined): boolean {
  const isOurs = current.claim?.owner === owner;
  if (next.claim === undefined) {
    // Parking clears the claim: a parked document of the next epoch is our own write.
    return !isOurs && !(current.state === 'parked' && current.epoch === next.epoch && current.dueAt === next.dueAt);
  }
  return !isOurs || (hasEnded(current) && current.state !== next.state);
}
