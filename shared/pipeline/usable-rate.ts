import type { Pool } from '../pools/pool.ts';
import { type PoolRate, poolRate } from '../pools/pool-rate.ts';
import type { PipelineDeps } from './deps.ts';

/** What the pool's open and healthy deployments start. */
export function usableRate(deps: Pick<PipelineDeps, 'reserver' | 'health'>, pool: Pool): PoolRate {
  const { reserver, health } = deps;
  return poolRate(pool, {
    isUsable: (where) => health.isOpen(where) && reserver.isHealthy(where.bucketId),
    limitsOf: ({ settings: { tokensPerMinute, requestsPerMinute = Number.POSITIVE_INFINITY } }) => {
      return { tokensPerMinute, requestsPerMinute };
    },
  });
}
