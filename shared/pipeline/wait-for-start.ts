import type { Outlook, StartRequest } from '../bucket/reservation.ts';
import { ownQuota, type Pool, type PoolDeployment } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

/** Two starts this close count as equal, in ms; the emptier bucket wins. */
const equalMs = 20;

export type StartOutcome =
  /** The call goes out before `latestMs` of the service's clock, or not on this start (B3). */
  | { readonly kind: 'start'; readonly where: PoolDeployment; readonly latestMs: number }
  /** No deployment that could ever admit the job is open. */
  | { readonly kind: 'closed' }
  /** It would start after its deadline. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'aborted' };

export interface StartWish extends Omit<StartRequest, 'bucketId' | 'cost'> {
  readonly costOf: (where: PoolDeployment) => number;
}

type StartDeps = Pick<PipelineDeps, 'health' | 'reserver' | 'settings'>;

/**
 * Reserves a start in a deployment of the pool, and waits for it. A start that was missed, or taken back, is thrown away
 * and reserved again (B3), in the deployment that is the best by then.
 */
export async function waitForStart(
  deps: StartDeps,
  pool: Pool,
  wish: StartWish,
  signal: AbortSignal,
): Promise<StartOutcome> {
  const { costOf, ...rest } = wish;
  for (;;) {
    const where = chooseDeployment(deps, pool, costOf);
    if (where === undefined) {
      return { kind: 'closed' };
    }
    const turn = await deps.reserver.awaitStart({ ...rest, bucketId: where.bucketId, cost: costOf(where) }, signal);
    switch (turn.kind) {
      case 'start':
        if (deps.health.isOpen(where)) {
          return { kind: 'start', where, latestMs: turn.reservation.latestMs };
        }
        break;
      case 'again':
        break;
      case 'too-late':
      case 'aborted':
        return { kind: turn.kind };
    }
  }
}

interface Candidate {
  readonly where: PoolDeployment;
  readonly outlook: Outlook;
}

function chooseDeployment(
  deps: StartDeps,
  pool: Pool,
  costOf: (where: PoolDeployment) => number,
): PoolDeployment | undefined {
  const able = pool.deployments.filter((where) => deps.health.isOpen(where) && costOf(where) <= ownQuota(where));
  const healthy = able.filter((where) => deps.reserver.isHealthy(where.bucketId));
  // Of a bucket that does not answer nobody knows how long its starts are: it looks as if it were empty.
  const open = (healthy.length > 0 ? healthy : able).map((where) => ({
    where,
    outlook: deps.reserver.outlook(where.bucketId, costOf(where)),
  }));
  const { pullAheadMs } = deps.settings.pump;
  const listed = open.find(({ outlook }) => outlook.waitMs < pullAheadMs);
  return pool.order === 'listed' && listed !== undefined ? listed.where : earliest(open);
}

function earliest(open: readonly Candidate[]): PoolDeployment | undefined {
  const leastMs = Math.min(...open.map((one) => one.outlook.waitMs));
  const [best] = open
    .filter((one) => one.outlook.waitMs <= leastMs + equalMs)
    .toSorted((a, b) => a.outlook.load - b.outlook.load);
  return best?.where;
}
