import { AppError } from '../errors.ts';
import { hasEnded, type JobDocument } from '../jobs/job-document.ts';
import { endCall, hasOpenCall, openCall } from '../jobs/job-transitions.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Stored } from '../stored.ts';
import type { PipelineDeps } from './deps.ts';
import { saveJob, type SaveOutcome } from './save-job.ts';

/**
 * The mark of a call that is under way (`openCalls`) tells who comes after whether a process died in it.
 * - O1 It is stored right before each call, in a write of its own: a death in the wait for it is no call (J3).
 * - O2 It goes with the write that ends the call: the job's end, or what is stored before the delivery waits for another
 *   call. A process that lives takes it away also when it gives the job back or has lost its lock, even from under the
 *   claim of another delivery (J3).
 * - O3 So the marks of others are calls whose process ended before them. A job with two is not called again.
 */

/** Rounds against other writers, and the wait after an outage, in ms, with their most. */
const mostRounds = 4;
const retryMs = 2000;
const mostTries = 150;

interface MarkedRun {
  readonly stored: Stored<JobDocument>;
  readonly message: Pick<ReceivedMessage, 'lockLost'>;
}

/** O1: stores the mark, conditional on the claim. */
export async function markCall(
  deps: Pick<PipelineDeps, 'jobs' | 'clock' | 'reserver'>,
  run: MarkedRun,
): Promise<SaveOutcome> {
  const next = openCall(run.stored.document, Math.floor(deps.reserver.now()));
  return saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
}

/** O2: the call has ended, and the delivery goes on; `document` has what was learnt from it. */
export async function endMark(
  deps: Pick<PipelineDeps, 'jobs' | 'clock'>,
  run: MarkedRun,
  document: JobDocument,
): Promise<SaveOutcome> {
  const next = endCall(document, document.claim?.owner);
  return saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
}

/** The call that a claim may have marked. */
export interface MarkedCall {
  /** The job's. */
  readonly id: string;
  /** The claim's. */
  readonly owner: string;
}

/** O2: takes the mark of a claim away, whoever has the job by now. Tries once; false when Cosmos is away. */
export async function withdrawCall(deps: Pick<PipelineDeps, 'jobs'>, { id, owner }: MarkedCall): Promise<boolean> {
  try {
    for (let round = 0; round < mostRounds; round += 1) {
      const stored = await deps.jobs.read(id);
      const isOver = stored === undefined || hasEnded(stored.document) || !hasOpenCall(stored.document, owner);
      if (isOver) {
        return true;
      }
      if ((await deps.jobs.replace(endCall(stored.document, owner), stored.version)) !== 'conflict') {
        return true;
      }
    }
  } catch (error) {
    if (!(error instanceof AppError && error.isRetryable)) {
      throw error;
    }
  }
  return false;
}

/** O2, while Cosmos is away: goes on in the background, for as long as an outage may last and the process lives. */
export async function withdrawCallLater(
  deps: Pick<PipelineDeps, 'jobs' | 'clock' | 'ending' | 'logFault'>,
  call: MarkedCall,
): Promise<void> {
  try {
    for (let tries = 0; tries < mostTries && !deps.ending.aborted; tries += 1) {
      if (await withdrawCall(deps, call)) {
        return;
      }
      await deps.clock.sleep(retryMs, deps.ending);
    }
  } catch (error) {
    deps.logFault('taking back the mark of a call', error);
  }
}
