import type { SwitchTarget } from '../pools/pool-switches.ts';
import { armFirstLane, hasWork } from './arm-lanes.ts';
import type { PipelineDeps } from './deps.ts';
import type { ServingDeps } from './served-pools.ts';

/**
 * Lifts the switch of a pool, or the one for all, and wakes a pump for what waited; false when it was not set.
 *
 * @throws AppError `cosmos.unavailable`, `switches.contended`, `queue.unavailable` (retryable)
 */
export async function resumePools(
  deps: Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings'> & ServingDeps,
  target: SwitchTarget,
  traceparent: string,
): Promise<boolean> {
  const isChanged = await deps.switches.resume(target);
  if (isChanged && (await hasWork(deps, new Map()))) {
    await armFirstLane(deps, traceparent);
  }
  return isChanged;
}
