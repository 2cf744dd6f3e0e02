import type { JobDocument } from '../jobs/job-document.ts';
import type { PipelineDeps } from './deps.ts';

/** Bounds the delay before a parked job is due again, in ms: `retry-after` headers of 0 s and of a day exist. */
const longestParkMs = 600_000;

/**
 * When a job that could not be run now is due again, in epoch ms: half to the whole of a delay that doubles with each
 * parking, never before what the service asked for.
 */
export function parkUntil(
  deps: Pick<PipelineDeps, 'clock' | 'random' | 'settings'>,
  document: JobDocument,
  retryAfterMs: number | undefined,
): number {
  const doublings = Math.min(document.epoch, 10);
  const ceilingMs = Math.min(deps.settings.parkMs * 2 ** doublings, longestParkMs);
  const delayMs = Math.max(ceilingMs * (0.5 + 0.5 * deps.random()), Math.min(retryAfterMs ?? 0, longestParkMs));
  return Math.ceil(deps.clock.now() + delayMs);
}
