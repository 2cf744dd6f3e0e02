import type { Reservation } from '../bucket/reservation.ts';
import type { Pool, PoolDeployment } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

/** Two starts this close count as equal, in ms; the emptier bucket wins. */
const equalMs = 20;

export type StartOutcome =
  | { readonly kind: 'start'; readonly where: PoolDeployment; readonly reservation: Reservation }
  /** No deployment that could ever admit the job is open. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' };

/**
 * Reserves a start in the deployment that gives the earliest, and waits for it. A start that was missed is thrown away
 * and reserved again (B3).
 */
export async function waitForStart(
  deps: Pick<PipelineDeps, 'clock' | 'health' | 'reserver'>,
  pool: Pool,
  costOf: (where: PoolDeployment) => number,
  signal: AbortSignal,
): Promise<StartOutcome> {
  for (;;) {
    const where = earliestDeployment(deps, pool, costOf);
    if (where === undefined) {
      return { kind: 'closed' };
    }
    const wanted = { bucketId: where.bucketId, cost: costOf(where) };
    const reservation = await deps.reserver.reserve(wanted, signal);
    if (reservation === undefined) {
      return { kind: 'aborted' };
    }
    await deps.clock.sleep(reservation.startMs - deps.clock.now(), signal);
    if (signal.aborted) {
      return { kind: 'aborted' };
    }
    if (deps.clock.now() <= reservation.latestMs) {
      return { kind: 'start', where, reservation };
    }
  }
}

function earliestDeployment(
  deps: Pick<PipelineDeps, 'health' | 'reserver'>,
  pool: Pool,
  costOf: (where: PoolDeployment) => number,
): PoolDeployment | undefined {
  const open = pool.deployments
    .filter((where) => deps.health.isOpen(where) && costOf(where) <= where.settings.tokensPerMinute)
    .map((where) => ({ where, outlook: deps.reserver.outlook(where.bucketId, costOf(where)) }));
  const earliestMs = Math.min(...open.map((one) => one.outlook.startMs));
  const [best] = open
    .filter((one) => one.outlook.startMs <= earliestMs + equalMs)
    .toSorted((a, b) => a.outlook.load - b.outlook.load);
  return best?.where;
}
