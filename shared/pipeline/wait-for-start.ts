import type { Outlook, StartRequest } from '../bucket/reservation.ts';
import { deploymentKey } from '../pools/deployment-health.ts';
import { ownQuota, type Pool, type PoolDeployment } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { joinSignals } from './join-signals.ts';

/** Two starts this close count as equal, in ms; the emptier bucket wins. */
const equalMs = 20;

export type StartOutcome =
  /** The call goes out before `latestMs` of the service's clock, or not on this start (B3). */
  | { readonly kind: 'start'; readonly where: PoolDeployment; readonly latestMs: number }
  /** No deployment that could ever admit the job is available. */
  | { readonly kind: 'closed' }
  /** The pool was paused (P2). */
  | { readonly kind: 'paused' }
  /** Another call after one that failed would be more than the deployment's retry budget allows. */
  | { readonly kind: 'no-retry-budget' }
  /** It would start after its deadline. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'aborted' };

export interface StartWish extends Omit<StartRequest, 'bucketId' | 'cost'> {
  readonly jobId: string;
  readonly costOf: (where: PoolDeployment) => number;
  /** Keys of deployments (`deploymentKey`) that are chosen last: they failed the job before. */
  readonly avoid?: ReadonlySet<string>;
  /** A call of the job failed just before: this one needs a place in the deployment's retry budget. */
  readonly isRetry?: boolean;
}

type StartDeps = Pick<PipelineDeps, 'health' | 'switches' | 'reserver' | 'settings'>;

/**
 * Reserves a start in a deployment of the pool, and waits for it. A start that was missed, or taken back, is thrown away
 * and reserved again (B3), in the deployment that is the best by then.
 *
 * A deployment whose probe is due is tried by the first job that comes, though others are available: so it comes back. Who
 * gets a `start` and does not call tells `health.releaseProbe`.
 */
export async function waitForStart(
  deps: StartDeps,
  pool: Pool,
  wish: StartWish,
  signal: AbortSignal,
): Promise<StartOutcome> {
  let outcome: StartOutcome | undefined;
  try {
    outcome = await seekStart(deps, pool, wish, signal);
    return outcome;
  } finally {
    if (outcome?.kind !== 'start') {
      for (const where of pool.deployments) {
        deps.health.releaseProbe(where, wish.jobId);
      }
    }
  }
}

async function seekStart(deps: StartDeps, pool: Pool, wish: StartWish, signal: AbortSignal): Promise<StartOutcome> {
  let isAllowed = wish.isRetry !== true;
  for (;;) {
    if (deps.switches.isPaused(pool.name)) {
      return { kind: 'paused' };
    }
    const probed = await takeDueProbe(deps, pool, wish);
    const where = probed ?? chooseDeployment(deps, pool, wish);
    if (where === undefined) {
      return { kind: 'closed' };
    }
    isAllowed ||= probed !== undefined || deps.health.mayRetry(where);
    if (!isAllowed) {
      return { kind: 'no-retry-budget' };
    }
    const outcome = await awaitTurn(deps, { pool, where, wish }, signal);
    if (outcome !== undefined) {
      return outcome;
    }
  }
}

/** `undefined` when a deployment is to be chosen anew. */
async function awaitTurn(
  deps: StartDeps,
  { pool, where, wish }: { readonly pool: Pool; readonly where: PoolDeployment; readonly wish: StartWish },
  signal: AbortSignal,
): Promise<StartOutcome | undefined> {
  const { costOf, jobId, avoid: _avoid, isRetry: _isRetry, ...rest } = wish;
  const waiting = joinSignals([signal, deps.switches.pausing(pool.name)]);
  const request = { ...rest, bucketId: where.bucketId, cost: costOf(where) };
  const turn = await deps.reserver.awaitStart(request, waiting.signal).finally(waiting.release);
  if (signal.aborted) {
    return { kind: 'aborted' };
  }
  if (deps.switches.isPaused(pool.name)) {
    return { kind: 'paused' };
  }
  switch (turn.kind) {
    case 'start': {
      const mayCall = deps.health.standing(where) === 'available' || deps.health.mayProbe(where, jobId);
      return mayCall ? { kind: 'start', where, latestMs: turn.reservation.latestMs } : undefined;
    }
    case 'too-late':
      return { kind: 'too-late' };
    case 'again':
    case 'aborted':
      return undefined;
  }
}

/** The deployment whose probe the job has, or got. One that failed it before is left to another job, unless there is no choice. */
async function takeDueProbe(deps: StartDeps, pool: Pool, wish: StartWish): Promise<PoolDeployment | undefined> {
  const { jobId, costOf, avoid } = wish;
  const held = pool.deployments.find((where) => deps.health.mayProbe(where, jobId));
  if (held !== undefined) {
    return held;
  }
  const able = pool.deployments.filter((where) => costOf(where) <= ownQuota(where));
  const hasChoice = able.some((where) => deps.health.standing(where) === 'available');
  const due = able.filter((where) => deps.health.standing(where) === 'probe-due');
  for (const where of due.filter((one) => deps.reserver.isHealthy(one.bucketId))) {
    const isAvoided = hasChoice && avoid?.has(deploymentKey(where)) === true;
    if (!isAvoided && (await deps.health.takeProbe(where, jobId))) {
      return where;
    }
  }
  return undefined;
}

interface Candidate {
  readonly where: PoolDeployment;
  readonly outlook: Outlook;
}

function chooseDeployment(deps: StartDeps, pool: Pool, wish: StartWish): PoolDeployment | undefined {
  const { costOf, avoid } = wish;
  const able = pool.deployments.filter(
    (where) => deps.health.standing(where) === 'available' && costOf(where) <= ownQuota(where),
  );
  const fresh = able.filter((where) => avoid?.has(deploymentKey(where)) !== true);
  const wanted = fresh.length > 0 ? fresh : able;
  const healthy = wanted.filter((where) => deps.reserver.isHealthy(where.bucketId));
  // Of a bucket that does not answer nobody knows how long its starts are: it looks as if it were empty.
  const candidates = (healthy.length > 0 ? healthy : wanted).map((where) => ({
    where,
    outlook: deps.reserver.outlook(where.bucketId, costOf(where)),
  }));
  const { pullAheadMs } = deps.settings.pump;
  const listed = candidates.find(({ outlook }) => outlook.waitMs < pullAheadMs);
  return pool.order === 'listed' && listed !== undefined ? listed.where : earliest(candidates);
}

function earliest(candidates: readonly Candidate[]): PoolDeployment | undefined {
  const leastMs = Math.min(...candidates.map((one) => one.outlook.waitMs));
  const [best] = candidates
    .filter((one) => one.outlook.waitMs <= leastMs + equalMs)
    .toSorted((a, b) => a.outlook.load - b.outlook.load);
  return best?.where;
}
