import type { Pool, PoolDeployment } from '../pools/pool.ts';
import { type MinuteLimits, type PoolRate, poolRate } from '../pools/pool-rate.ts';
import type { UsableBucket } from '../pools/queue-wait.ts';
import type { PipelineDeps } from './deps.ts';

type BucketDeps = Pick<PipelineDeps, 'reserver' | 'health' | 'clock'>;

/** What the pool's open and healthy deployments start. */
export function usableRate(deps: BucketDeps, pool: Pool): PoolRate {
  const isUsable = (where: PoolDeployment): boolean =>
    deps.health.isOpen(where) && deps.reserver.isHealthy(where.bucketId);
  return poolRate(pool, { isUsable, limitsOf });
}

/**
 * The buckets of the pool's open deployments: the healthy ones, or all of them in a process that knows of none. One that runs
 * no pump may not know the time well enough.
 */
export function likelyBuckets(deps: BucketDeps, pool: Pool): readonly UsableBucket[] {
  const open = pool.deployments.filter((where) => deps.health.isOpen(where));
  const healthy = open.filter((where) => deps.reserver.isHealthy(where.bucketId));
  const byId = new Map((healthy.length > 0 ? healthy : open).map((where) => [where.bucketId, where]));
  return [...byId].map(([id, where]) => ({
    limits: limitsOf(where),
    waitMs: (tokens) => Math.max(0, deps.reserver.outlook(id, tokens).startMs - deps.clock.now()),
  }));
}

/** As they are configured. */
function limitsOf({ settings }: PoolDeployment): MinuteLimits {
  const { tokensPerMinute, requestsPerMinute = Number.POSITIVE_INFINITY } = settings;
  return { tokensPerMinute, requestsPerMinute };
}
