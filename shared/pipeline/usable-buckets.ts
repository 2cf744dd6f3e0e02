import type { Pool, PoolDeployment } from '../pools/pool.ts';
import { type PoolRate, poolRate } from '../pools/pool-rate.ts';
import type { UsableBucket } from '../pools/queue-wait.ts';
import type { PipelineDeps } from './deps.ts';

type BucketDeps = Pick<PipelineDeps, 'reserver' | 'health'>;

/** What the pool's available and healthy deployments start. */
export function usableRate(deps: BucketDeps, pool: Pool): PoolRate {
  const isUsable = (where: PoolDeployment): boolean =>
    deps.health.standing(where) === 'available' && deps.reserver.isHealthy(where.bucketId);
  return poolRate(pool, { isUsable, limitsOf: ({ bucketId }) => deps.reserver.rate(bucketId) });
}

/**
 * The buckets of the pool's available deployments: the healthy ones, or all of them in a process that knows of none. One that
 * runs no pump may not know the time well enough. None of a pool that is paused.
 */
export function likelyBuckets(deps: BucketDeps & Pick<PipelineDeps, 'switches'>, pool: Pool): readonly UsableBucket[] {
  if (deps.switches.isPaused(pool.name)) {
    return [];
  }
  const open = pool.deployments.filter((where) => deps.health.standing(where) === 'available');
  const healthy = open.filter((where) => deps.reserver.isHealthy(where.bucketId));
  const ids = new Set((healthy.length > 0 ? healthy : open).map(({ bucketId }) => bucketId));
  return [...ids].map((id) => ({
    limits: deps.reserver.rate(id),
    waitMs: (tokens) => deps.reserver.outlook(id, tokens).waitMs,
  }));
}
