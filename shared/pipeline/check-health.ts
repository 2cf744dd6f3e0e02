import { AppError } from '../errors.ts';
import { laneId } from '../lanes/lane.ts';
import { ticketQueue } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

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
      readonly isOpen: boolean;
      readonly code?: string;
    }[];
  }[];
}

type PartHealth = { readonly state: 'ok' } | { readonly state: 'down'; readonly code: string };

type HealthDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'pools' | 'health' | 'settings' | 'reserver'>;

/** Whether the app can do its work: its stores answer, and some deployment of every pool is open. */
export async function checkHealth(deps: HealthDeps): Promise<HealthReport> {
  const lanes: { id: string; state: string }[] = [];
  const cosmos = await probe(async () => {
    for (let index = 0; index < deps.settings.lanes; index += 1) {
      const stored = await deps.lanes.read(laneId(index));
      lanes.push({ id: laneId(index), state: stored?.document.state ?? 'idle' });
    }
  });
  const serviceBus = await probe(async () => deps.queue.hasWork(ticketQueue, new Set()));
  const closed = new Map(deps.health.closed().map((one) => [`${one.region}/${one.deployment}`, one.code]));
  const pools = deps.pools.map(({ name, deployments }) => ({
    name,
    deployments: deployments.map(({ region, deployment }) => {
      const code = closed.get(`${region}/${deployment}`);
      return { region, deployment, isOpen: code === undefined, ...(code === undefined ? {} : { code }) };
    }),
  }));
  const isServing = pools.every((pool) => pool.deployments.some((one) => one.isOpen));
  const clock = await clockOf(deps);
  const isHealthy = cosmos.state === 'ok' && serviceBus.state === 'ok' && clock.state === 'known' && isServing;
  return { isHealthy, cosmos, serviceBus, clock, lanes, pools };
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
