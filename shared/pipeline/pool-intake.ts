import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

/** What a job is assumed to cost before the first one of the pool was seen, in tokens. */
const assumedCost = 1000;

/** How much the newest job counts in the average. */
const newest = 0.1;

/** Jobs of a pool in hand before anything is known of its quota's load. */
const firstWindow = 4;

/** How many windows' worth of starts in time add the whole of what may be pulled ahead. */
const growthRounds = 20;

/** When starts come later than this many times what is pulled ahead, fewer jobs are taken in hand; and how many fewer. */
const lateFactor = 1.5;
const narrowBy = 0.7;

/** How often a failed bucket is looked at, in ms. */
const lookAgainMs = 1000;

type IntakeDeps = Pick<PipelineDeps, 'reserver' | 'settings' | 'clock'> & {
  readonly health: Pick<PipelineDeps['health'], 'standing'>;
};

/**
 * How many messages of a pool to pull now: at most a few seconds' worth of its quota, less what waits already; none while
 * no bucket of it is healthy and reserved only a short time ahead. While no deployment of it is available one message is
 * pulled when a probe is due.
 *
 * Workers do not know how many they are, and each would pull for the whole quota. So the jobs in hand are a window that
 * follows the waits: every start in time widens it, and late starts narrow it.
 */
export class PoolIntake {
  readonly #deps: IntakeDeps;
  readonly #pool: Pool;
  #waiting = 0;
  #window = firstWindow;
  #narrowedAt = 0;
  #most = 1;
  #averageCost = assumedCost;

  constructor(pool: Pool, deps: IntakeDeps) {
    this.#pool = pool;
    this.#deps = deps;
  }

  room(): number {
    const { pullAheadMs } = this.#deps.settings.pump;
    const { reserver, health } = this.#deps;
    const healthy = this.#pool.deployments.filter((one) => reserver.isHealthy(one.bucketId));
    const available = healthy.filter((one) => health.standing(one) === 'available');
    if (available.length === 0) {
      const isProbeDue = healthy.some((one) => health.standing(one) === 'probe-due');
      return isProbeDue ? Math.max(0, 1 - this.#waiting) : 0;
    }
    const ready = new Map(
      available
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
    this.#most = Math.max(Math.ceil(perMs * pullAheadMs), 1);
    return Math.min(this.#most, Math.floor(this.#window)) - this.#waiting;
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
    const begunAt = this.#deps.clock.now();
    let isOver = false;
    return (costTokens) => {
      if (isOver) {
        return;
      }
      isOver = true;
      this.#waiting -= 1;
      if (costTokens !== undefined) {
        this.#averageCost += newest * (costTokens - this.#averageCost);
        this.#follow(this.#deps.clock.now() - begunAt);
      }
    };
  }

  #follow(waitedMs: number): void {
    const { pullAheadMs } = this.#deps.settings.pump;
    const now = this.#deps.clock.now();
    if (waitedMs <= pullAheadMs) {
      // At first every start in time adds one; once the load is known, workers with few jobs catch up with the others.
      const growth = this.#narrowedAt === 0 ? 1 : Math.max(1, this.#most / growthRounds) / this.#window;
      this.#window = Math.min(this.#window + growth, Math.max(this.#most, firstWindow));
    } else if (waitedMs > lateFactor * pullAheadMs && now - this.#narrowedAt > pullAheadMs) {
      this.#window = Math.max(1, this.#window * narrowBy);
      this.#narrowedAt = now;
    }
  }
}
