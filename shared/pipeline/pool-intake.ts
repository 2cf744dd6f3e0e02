import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

/** What a job is assumed to cost before the first one of the pool was seen, in tokens. */
const assumedCost = 1000;

/** How much the newest job counts in the average. */
const newest = 0.1;

/** How often a failed bucket is looked at, in ms. */
const lookAgainMs = 1000;

/**
 * How many messages of a pool to pull now: a few seconds' worth of its quota, less what waits already; none while no
 * bucket of it is healthy and reserved only a short time ahead.
 */
export class PoolIntake {
  readonly #deps: Pick<PipelineDeps, 'reserver' | 'health' | 'settings'>;
  readonly #pool: Pool;
  #waiting = 0;
  #averageCost = assumedCost;

  constructor(pool: Pool, deps: Pick<PipelineDeps, 'reserver' | 'health' | 'settings'>) {
    this.#pool = pool;
    this.#deps = deps;
  }

  room(): number {
    const { pullAheadMs } = this.#deps.settings.pump;
    const { reserver, health } = this.#deps;
    const ready = new Map(
      this.#pool.deployments
        .filter((one) => health.isOpen(one) && reserver.isHealthy(one.bucketId))
        .filter((one) => reserver.horizonMs(one.bucketId) < pullAheadMs)
        .map((one) => [one.bucketId, reserver.rate(one.bucketId)]),
    );
    if (ready.size === 0) {
      return 0;
    }
    const perMs = [...ready.values()].reduce((sum, { tokensPerMinute, requestsPerMinute }) => {
      const byTokens = tokensPerMinute / this.#averageCost;
      return sum + Math.min(byTokens, requestsPerMinute) / 60_000;
    }, 0);
    return Math.max(Math.ceil(perMs * pullAheadMs), 1) - this.#waiting;
  }

  /** Looks at the pool's failed buckets: with no job in hand that reserves, they would stay failed. */
  async lookAgain(): Promise<void> {
    const { reserver } = this.#deps;
    const ids = new Set(this.#pool.deployments.map((one) => one.bucketId));
    const failed = [...ids].filter((id) => !reserver.isHealthy(id));
    await Promise.all(failed.map(async (id) => reserver.refresh(id, lookAgainMs)));
  }

  /** A job of the pool was pulled; the function that is returned tells, once, that its wait is over. */
  begin(): (costTokens: number | undefined) => void {
    this.#waiting += 1;
    let isOver = false;
    return (costTokens) => {
      this.#waiting -= isOver ? 0 : 1;
      isOver = true;
      if (costTokens !== undefined) {
        this.#averageCost += newest * (costTokens - this.#averageCost);
      }
    };
  }
}
