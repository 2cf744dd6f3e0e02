import type { Pool, PoolDeployment } from './pool.ts';

/** What a pool may start in a ms. */
export interface PoolRate {
  readonly tokensPerMs: number;
  readonly requestsPerMs: number;
}

/** Limits in force, a minute. */
export interface MinuteLimits {
  readonly tokensPerMinute: number;
  readonly requestsPerMinute: number;
}

/** The quota of the pool's deployments that can be used now, a shared one counted once. */
export function poolRate(
  pool: Pool,
  input: {
    readonly isUsable: (where: PoolDeployment) => boolean;
    readonly limitsOf: (where: PoolDeployment) => MinuteLimits;
  },
): PoolRate {
  const usable = pool.deployments.filter(input.isUsable);
  const limits = new Map(usable.map((where) => [where.bucketId, input.limitsOf(where)]));
  return [...limits.values()].reduce<PoolRate>(
    (sum, { tokensPerMinute, requestsPerMinute }) => ({
      tokensPerMs: sum.tokensPerMs + tokensPerMinute / 60_000,
      requestsPerMs: sum.requestsPerMs + requestsPerMinute / 60_000,
    }),
    { tokensPerMs: 0, requestsPerMs: 0 },
  );
}

/** Jobs of a cost that start in a second at this rate. */
export function jobsPerSecond(rate: PoolRate, costTokens: number): number {
  return 1000 * Math.min(rate.tokensPerMs / costTokens, rate.requestsPerMs);
}
