import { ownQuota, type Pool } from './pool.ts';

export type PoolChoice =
  | { readonly kind: 'chosen'; readonly pool: Pool }
  /** No configured pool may serve it; the message names the setting that would add one. */
  | { readonly kind: 'none'; readonly message: string };

/**
 * The pool that serves a job: of the job's model, with every region allowed (a job may run in any region of its pool).
 * Of several, the one with the largest quota.
 */
export function choosePool(
  pools: readonly Pool[],
  job: { readonly model: string; readonly regions: readonly string[] | undefined },
): PoolChoice {
  const ofModel = pools.filter((pool) => pool.model === job.model);
  if (ofModel.length === 0) {
    const known = pools.map((pool) => pool.model).join(', ');
    const message = `No pool serves the model "${job.model}" (served: ${known}). A deployment of it in REGIONS would add one.`;
    return { kind: 'none', message };
  }
  const allowed = ofModel.filter((pool) =>
    pool.deployments.every(({ region }) => job.regions?.includes(region) ?? true),
  );
  const [best] = allowed.toSorted((a, b) => tokensPerMinute(b) - tokensPerMinute(a));
  if (best !== undefined) {
    return { kind: 'chosen', pool: best };
  }
  const wanted = JSON.stringify({ name: `${job.model}-resident`, model: job.model, regions: job.regions });
  const message = `No pool of the model "${job.model}" stays within the job's regions. An entry such as ${wanted} in POOLS would add one.`;
  return { kind: 'none', message };
}

/** The pool's quota, a shared one counted once. */
function tokensPerMinute(pool: Pool): number {
  const byBucket = new Map(pool.deployments.map((one) => [one.bucketId, ownQuota(one)]));
  return [...byBucket.values()].reduce((sum, limit) => sum + limit, 0);
}
