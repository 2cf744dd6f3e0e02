import { intakeQueue, type Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

export type ServingDeps = Pick<PipelineDeps, 'pools' | 'health' | 'switches'>;

/** Whether jobs of the pool can start now: it is not paused, and some deployment of it is available or to be probed. */
export function isServed(deps: Pick<ServingDeps, 'health' | 'switches'>, pool: Pool): boolean {
  return (
    !deps.switches.isPaused(pool.name) &&
    pool.deployments.some((where) => deps.health.standing(where) !== 'unavailable')
  );
}

/** Whether the messages of the intake are sorted: for as long as any pool is not paused. */
export function isSorting(deps: Pick<ServingDeps, 'pools' | 'switches'>): boolean {
  return deps.pools.some((pool) => !deps.switches.isPaused(pool.name));
}

/** Whether the intake is a queue of its own: with a single pool it is that pool's queue. */
export function hasIntake(deps: Pick<ServingDeps, 'pools'>): boolean {
  return !deps.pools.some((pool) => pool.queue === intakeQueue);
}

/** The queues from which anything can be taken now, without duplicates. */
export function servedQueues(deps: ServingDeps): readonly string[] {
  const served = deps.pools.filter((pool) => isServed(deps, pool));
  const intake = hasIntake(deps) && isSorting(deps) ? [intakeQueue] : [];
  return [...intake, ...served.flatMap((pool) => [pool.queue, pool.highQueue])];
}
