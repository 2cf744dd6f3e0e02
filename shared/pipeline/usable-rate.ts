import type { Pool, PoolDeployment } from '../pools/pool.ts';
import { type PoolRate, poolRate } from '../pools/pool-rate.ts';
import type { PipelineDeps } from './deps.ts';

type RateDeps = Pick<PipelineDeps, 'reserver' | 'health'>;

/** What the pool's open and healthy deployments start. */
export function usableRate(deps: RateDeps, pool: Pool): PoolRate {
  return rateOf(deps, pool, (where) => deps.health.isOpen(where) && deps.reserver.isHealthy(where.bucketId));
}

/**
 * What the pool starts as far as this process can tell: one that runs no pump may not know whether a bucket is healthy, and
 * then takes all that are open to be.
 */
export function likelyRate(deps: RateDeps, pool: Pool): PoolRate {
  const usable = usableRate(deps, pool);
  return usable.tokensPerMs > 0 ? usable : rateOf(deps, pool, (where) => deps.health.isOpen(where));
}

function rateOf(deps: RateDeps, pool: Pool, isUsable: (where: PoolDeployment) => boolean): PoolRate {
  return poolRate(pool, {
    isUsable,
    limitsOf: ({ bucketId }) => deps.reserver.rate(bucketId),
  });
}
