import { AppError } from '../errors.ts';
import type { PipelineDeps } from './deps.ts';

/** The wait between two tries, in ms. */
const retryMs = 1000;

/**
 * Makes a call again for as long as its service is away and the lock is held: what it stores was paid for, and must not be
 * lost to an outage. Only when the lock is lost may another delivery run the job.
 *
 * @throws AppError of the call when it will not pass, or when `signal` is aborted meanwhile
 */
export async function keepTrying<Result>(
  deps: Pick<PipelineDeps, 'clock'>,
  signal: AbortSignal,
  call: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof AppError && error.isRetryable) || signal.aborted) {
        throw error;
      }
      await deps.clock.sleep(retryMs, signal);
    }
  }
}
