import { addBacklogs } from '../pools/add-backlogs.ts';
import { deploymentKey, type TrippedDeployment } from '../pools/deployment-health.ts';
import type { Pool } from '../pools/pool.ts';
import type { PausedPool } from '../pools/pool-switches.ts';
import type { PipelineDeps } from './deps.ts';

/** A pool as operators see it. */
export interface PoolReport {
  readonly name: string;
  readonly model: string;
  readonly queue: string;
  readonly order: Pool['order'];
  /** What waits in its two queues; an estimate. */
  readonly backlog: { readonly messages: number; readonly costTokens: number | null };
  readonly paused: Omit<PausedPool, 'pool'> | null;
  readonly deployments: readonly {
    readonly region: string;
    readonly deployment: string;
    readonly bucket: string;
    readonly tokensPerMinute: number;
    readonly state: 'closed' | TrippedDeployment['state'];
    readonly code?: string;
    readonly message?: string;
    readonly remedy?: string;
    /** Epoch ms. */
    readonly sinceMs?: number;
    readonly untilMs?: number;
  }[];
}

/**
 * The pools with what waits in them, how their deployments stand, and what an operator has stopped; as it is now, for all
 * processes.
 *
 * @throws AppError `cosmos.unavailable`, `queue.unavailable` (retryable)
 */
export async function describeServing(
  deps: Pick<PipelineDeps, 'pools' | 'queue' | 'health' | 'switches'>,
): Promise<readonly PoolReport[]> {
  await Promise.all([deps.switches.refresh(), deps.health.refresh()]);
  const paused = new Map(deps.switches.paused().map(({ pool, ...pause }) => [pool, pause]));
  const tripped = new Map(deps.health.tripped().map((one) => [deploymentKey(one), one]));
  return Promise.all(
    deps.pools.map(async (pool) => ({
      name: pool.name,
      model: pool.model,
      queue: pool.queue,
      order: pool.order,
      backlog: await backlogOf(deps, pool),
      paused: paused.get(pool.name) ?? null,
      deployments: pool.deployments.map(({ region, deployment, bucketId, settings }) => {
        const {
          region: _region,
          deployment: _deployment,
          ...fault
        } = tripped.get(deploymentKey({ region, deployment })) ?? { region, deployment, state: 'closed' as const };
        return { region, deployment, bucket: bucketId, tokensPerMinute: settings.tokensPerMinute, ...fault };
      }),
    })),
  );
}

async function backlogOf(deps: Pick<PipelineDeps, 'queue'>, pool: Pool): Promise<PoolReport['backlog']> {
  const backlogs = await Promise.all([pool.queue, pool.highQueue].map(async (queue) => deps.queue.backlog(queue)));
  const { messages, costTokens } = addBacklogs(backlogs);
  return { messages: Math.round(messages), costTokens: costTokens === undefined ? null : Math.round(costTokens) };
}
