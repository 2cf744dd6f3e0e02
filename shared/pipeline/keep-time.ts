import type { PipelineDeps } from './deps.ts';

/** How often the time is looked at while a pump runs, in ms: clocks drift apart by some milliseconds meanwhile. */
const lookMs = 30_000;

/** Keeps the service's time well known while a pump runs (B2), until `signal` is aborted. A look that fails is left to the next. */
export async function keepTime(
  deps: Pick<PipelineDeps, 'reserver' | 'clock' | 'logFault'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await deps.reserver.keepTime();
    } catch (error) {
      deps.logFault('asking the Cosmos account for the time', error);
    }
    await deps.clock.sleep(lookMs, signal);
  }
}
