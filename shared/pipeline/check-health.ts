import { AppError } from '../errors.ts';
import { laneId } from '../lanes/lane.ts';
import { deploymentKey, type TrippedDeployment } from '../pools/deployment-health.ts';
import { ticketQueue } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { isServed } from './served-pools.ts';

export interface HealthReport {
  readonly isHealthy: boolean;
  readonly cosmos: PartHealth;
  readonly serviceBus: PartHealth;
  /** Whether this worker knows the time well enough to reserve (B2); `skewed`: its machine's clock has to be set. */
  readonly clock: {
    readonly state: 'known' | 'unknown' | 'skewed';
    readonly skewMs?: number;
    readonly errorMs?: number;
  };
  readonly lanes: readonly { readonly id: string; readonly state: string }[];
  readonly pools: readonly {
    readonly name: string;
    readonly deployments: readonly {
      readonly region: string;
      readonly deployment: string;
      /** Of its breaker. */
      readonly state: 'closed' | TrippedDeployment['state'];
      readonly code?: string;
      readonly remedy?: string;
      /** Epoch ms: one job may try it then. */
      readonly untilMs?: number;
    }[];
    /** Stopped by an operator, since `at` (epoch ms): by a switch of its own, or by the one for all. */
    readonly paused?: { readonly by: 'all' | 'pool'; readonly at: number };
  }[];
}

type PartHealth = { readonly state: 'ok' } | { readonly state: 'down'; readonly code: string };

type HealthDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'pools' | 'health' | 'switches' | 'settings' | 'reserver'>;

/** Whether the app can do its work: its stores answer, and some deployment of every pool that is not paused may be called or tried. */
export async function checkHealth(deps: HealthDeps): Promise<HealthReport> {
  const lanes: { id: string; state: string }[] = [];
  const cosmos = await probe(async () => {
    await deps.switches.refresh();
    await deps.health.refresh();
    for (let index = 0; index < deps.settings.lanes; index += 1) {
      const stored = await deps.lanes.read(laneId(index));
      lanes.push({ id: laneId(index), state: stored?.document.state ?? 'idle' });
    }
  });
  const serviceBus = await probe(async () => deps.queue.hasWork(ticketQueue, new Set()));
  const pools = poolHealth(deps);
  // One that may be tried counts: without jobs nobody tries it.
  const isServing = deps.pools.every((pool) => deps.switches.isPaused(pool.name) || isServed(deps, pool));
  const clock = await clockOf(deps);
  const isHealthy = cosmos.state === 'ok' && serviceBus.state === 'ok' && clock.state === 'known' && isServing;
  return { isHealthy, cosmos, serviceBus, clock, lanes, pools };
}

/** Without the service's words, which may name principals and addresses, and without an operator's note. */
function poolHealth({ pools, health, switches }: HealthDeps): HealthReport['pools'] {
  const tripped = new Map(health.tripped().map((one) => [deploymentKey(one), one]));
  const pauses = new Map(switches.paused().map(({ pool, by, at }) => [pool, { by, at }]));
  return pools.map(({ name, deployments }) => {
    const paused = pauses.get(name);
    const told = deployments.map((where) => {
      const { region, deployment } = where;
      const trouble = tripped.get(deploymentKey(where));
      if (trouble === undefined) {
        return { region, deployment, state: 'closed' as const };
      }
      const { state, code, remedy, untilMs } = trouble;
      return { region, deployment, state, code, remedy, untilMs };
    });
    return { name, deployments: told, ...(paused === undefined ? {} : { paused }) };
  });
}

async function clockOf(deps: HealthDeps): Promise<HealthReport['clock']> {
  let isReady = false;
  await probe(async () => {
    isReady = await deps.reserver.isReady();
  });
  const { state, skewMs, errorMs } = deps.reserver.clock();
  const figures = skewMs === undefined ? {} : { skewMs: Math.round(skewMs), errorMs: Math.round(errorMs) };
  return { state: state === 'known' && !isReady ? 'unknown' : state, ...figures };
}

async function probe(call: () => Promise<unknown>): Promise<PartHealth> {
  try {
    await call();
    return { state: 'ok' };
  } catch (error) {
    if (error instanceof AppError) {
      return { state: 'down', code: error.code };
    }
    throw error;
  }
}
