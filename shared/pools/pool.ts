import type { DeploymentSettings, RegionSettings } from '../config/region-settings.ts';

/** A model and the interchangeable deployments that serve it, with a queue of its own. */
export interface Pool {
  readonly name: string;
  readonly model: string;
  /** The pool's queue: `jobs` itself when the pool is the only one. */
  readonly queue: string;
  /** Pulled before `queue`. */
  readonly highQueue: string;
  /** `listed`: the first one that has room serves a job; `earliest`: the one that starts it the soonest. */
  readonly order: 'earliest' | 'listed';
  readonly deployments: readonly PoolDeployment[];
}

export interface PoolDeployment {
  readonly region: string;
  readonly deployment: string;
  /** Id of the bucket that holds its quota. */
  readonly bucketId: string;
  readonly settings: DeploymentSettings;
}

/** The intake for other services; the pump sorts its messages on to the pools' queues. */
export const intakeQueue = 'jobs';

/** Carries tickets to pumps. */
export const ticketQueue = 'pump';

/** The pools that the configuration describes: `pools` as given, or one for every model that is deployed anywhere. */
export function describePools(config: {
  readonly regions: readonly RegionSettings[];
  readonly pools:
    | readonly {
        readonly name: string;
        readonly model: string;
        readonly regions?: readonly string[] | undefined;
        readonly order?: Pool['order'] | undefined;
      }[]
    | undefined;
}): readonly Pool[] {
  const models = new Set(config.regions.flatMap((region) => region.deployments.map((one) => one.model)));
  const described =
    config.pools ?? [...models].map((model) => ({ name: model, model, regions: undefined, order: undefined }));
  return described.map(({ name, model, regions, order = 'earliest' }) => {
    const queue = described.length === 1 ? intakeQueue : `${intakeQueue}-${name}`;
    // In the order in which the pool lists them.
    const named = regions?.flatMap((wanted) => config.regions.filter((region) => region.name === wanted));
    const deployments = (named ?? config.regions).flatMap((region) => deploymentsOf(region, model));
    return { name, model, queue, highQueue: `${queue}-high`, order, deployments };
  });
}

/** Every queue that jobs travel through, without duplicates. */
export function jobQueues(pools: readonly Pool[]): readonly string[] {
  return [...new Set([intakeQueue, ...pools.flatMap((pool) => [pool.queue, pool.highQueue])])];
}

/** Tokens a minute of the deployment's quota that are ours: a job that costs more never starts there. */
export function ownQuota({ settings }: PoolDeployment): number {
  return Math.floor(settings.tokensPerMinute * settings.share);
}

function deploymentsOf(region: RegionSettings, model: string): readonly PoolDeployment[] {
  return region.deployments
    .filter((deployment) => deployment.model === model)
    .map((settings) => ({
      region: region.name,
      deployment: settings.name,
      bucketId: settings.limitGroup === undefined ? `${region.name}.${settings.name}` : `group.${settings.limitGroup}`,
      settings,
    }));
}
