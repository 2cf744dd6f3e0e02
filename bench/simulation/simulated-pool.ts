import type { BucketLimits } from '../../shared/bucket/bucket-limits.ts';
import type { Reserver } from '../../shared/bucket/reserver.ts';
import type { Clock } from '../../shared/clock.ts';
import type { PoolIntake } from '../../shared/pipeline/pool-intake.ts';
import type { Pool } from '../../shared/pools/pool.ts';
import { bucketId } from './take-turn.ts';

/** A pool of one deployment, which alone draws on the bucket. */
export function simulatedPool(limits: BucketLimits): Pool {
  const settings = {
    name: 'deployment',
    model: 'model',
    tokensPerMinute: limits.tokensPerMinute,
    requestsPerMinute: limits.requestsPerMinute,
    requestWindowSeconds: 10,
    share: 1,
    charactersPerToken: 4,
    defaultMaxTokens: 640,
  } as const;
  const deployments = [{ region: 'region', deployment: 'deployment', bucketId, settings }];
  return { name: 'model', model: 'model', queue: 'jobs', highQueue: 'jobs-high', order: 'earliest', deployments };
}

/** What the shipped intake asks for: the deployment is always open. */
export function intakeDeps(
  { reserver, clock }: { readonly reserver: Reserver; readonly clock: Clock },
  pump: { readonly pullAheadMs: number; readonly maxJobsInHand: number },
): ConstructorParameters<typeof PoolIntake>[1] {
  return {
    reserver,
    clock,
    health: { standing: () => 'available' },
    settings: {
      lanes: 1,
      leastLanes: 1,
      pump: { ...pump, pullWindowMs: Number.POSITIVE_INFINITY, idleMs: Number.POSITIVE_INFINITY },
      callTimeoutMs: 270_000,
      parkMs: 10_000,
      retries: { mostFailures: 20, longestMs: 86_400_000, mostThrottled: 3 },
      resultTtlSeconds: undefined,
    },
  };
}
