import { drainPerSecond, type PumpRun } from '../lanes/drain-rate.ts';
import { wantedLanes } from '../lanes/wanted-lanes.ts';
import { addBacklogs } from '../pools/add-backlogs.ts';
import { jobsPerSecond } from '../pools/pool-rate.ts';
import type { PipelineDeps } from './deps.ts';
import { isServed, type ServingDeps } from './served-pools.ts';
import { usableRate } from './usable-buckets.ts';

/** What a job is taken to cost when no message tells it, in tokens. */
const assumedCost = 1000;

type PlanDeps = Pick<PipelineDeps, 'queue' | 'settings' | 'reserver' | 'clock'> & ServingDeps;

/**
 * How many lanes there should be, as one pump sees it.
 *
 * @throws AppError `queue.unavailable` (retryable), `queue.refused`
 */
export async function planLanes(deps: PlanDeps, run: PumpRun): Promise<number> {
  const { queue, settings } = deps;
  const pools = await Promise.all(
    deps.pools
      .filter((pool) => isServed(deps, pool))
      .map(async (pool) => {
        const waiting = addBacklogs(await Promise.all([queue.backlog(pool.highQueue), queue.backlog(pool.queue)]));
        const cost = waiting.costTokens === undefined ? assumedCost : waiting.costTokens / waiting.messages;
        return {
          backlogJobs: waiting.messages,
          quotaJobsPerSecond: jobsPerSecond(usableRate(deps, pool), Math.max(1, cost)),
        };
      }),
  );
  const { lanes: mostLanes, leastLanes } = settings;
  return wantedLanes({ pools, drainPerSecond: drainPerSecond(run), mostLanes, leastLanes });
}
