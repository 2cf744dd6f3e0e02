import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

/** What is known of a bucket may be this old, in ms. */
const maxAgeMs = 1000;

/**
 * How long a job of this cost would wait for its start, in ms, by what the pool's buckets have promised already. Jobs
 * that still lie in the queue are not in it, so it is the least that a job waits.
 */
export async function expectedWaitMs(
  deps: Pick<PipelineDeps, 'reserver'>,
  pool: Pool,
  costTokens: number,
): Promise<number> {
  const ids = [...new Set(pool.deployments.map((one) => one.bucketId))];
  await Promise.all(ids.map(async (id) => deps.reserver.refresh(id, maxAgeMs)));
  const waits = ids.map((id) => deps.reserver.outlook(id, costTokens).waitMs);
  return Math.max(0, Math.round(Math.min(...waits)));
}
