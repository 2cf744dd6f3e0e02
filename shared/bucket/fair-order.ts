import type { StartRequest } from './reservation.ts';

type Asking = Pick<StartRequest, 'priority' | 'tenant' | 'cost'>;

/**
 * The order in which jobs that ask at the same time are placed: high priority first, then the tenants in turn, the one first
 * that was given the least tokens of late. Jobs of one tenant keep their order. Jobs without a tenant share one turn.
 *
 * @param served tokens given of late, by tenant
 */
export function fairOrder<Job extends Asking>(
  jobs: readonly Job[],
  served: ReadonlyMap<string, number>,
): readonly Job[] {
  const high = jobs.filter(isHigh);
  const normal = jobs.filter((job) => !isHigh(job));
  return [...takeTurns(high, served), ...takeTurns(normal, served)];
}

function takeTurns<Job extends Asking>(jobs: readonly Job[], served: ReadonlyMap<string, number>): readonly Job[] {
  const byTenant = Map.groupBy(jobs, tenantOf);
  if (byTenant.size < 2) {
    return jobs;
  }
  // Each job ends its tenant's turn where the tokens of its jobs so far have brought it: sorted by that, turns alternate.
  const ends = [...byTenant].flatMap(([tenant, own]) => {
    let tokens = served.get(tenant) ?? 0;
    return own.map((job) => {
      tokens += job.cost;
      return { job, tokens };
    });
  });
  return ends.toSorted((a, b) => a.tokens - b.tokens).map(({ job }) => job);
}

function tenantOf({ tenant }: Asking): string {
  return tenant ?? '';
}

function isHigh({ priority }: Asking): boolean {
  return priority === 'high';
}

/** How fast what was served is forgotten, as a half-life in ms. */
const halfLifeMs = 10_000;

/** Tokens given to each tenant of late. */
export class ServedTenants {
  #served = new Map<string, number>();
  #at = 0;

  at(nowMs: number): ReadonlyMap<string, number> {
    const part = 0.5 ** (Math.max(0, nowMs - this.#at) / halfLifeMs);
    this.#at = nowMs;
    const faded = [...this.#served].map(([tenant, tokens]): [string, number] => [tenant, tokens * part]);
    this.#served = new Map(faded.filter(([, tokens]) => tokens >= 1));
    return this.#served;
  }

  add(job: Asking): void {
    const tenant = tenantOf(job);
    this.#served.set(tenant, (this.#served.get(tenant) ?? 0) + job.cost);
  }
}
