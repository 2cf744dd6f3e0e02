import type { DeploymentSettings, PoolSettings, RegionSettings } from './region-settings.ts';

/** What queues may be called: the part after `jobs-`. */
const queuePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/u;

/** What regions and pools get wrong together, each with its path. */
export function checkPools(
  regions: readonly RegionSettings[],
  pools: readonly PoolSettings[] | undefined,
): readonly string[] {
  const ofPools = (pools ?? []).flatMap((pool, index) => checkPool(regions, pool, `POOLS[${index}]`));
  return [...ofPools, ...checkNames(regions, pools), ...checkGroups(regions)];
}

function checkPool(regions: readonly RegionSettings[], pool: PoolSettings, path: string): readonly string[] {
  const deploys = (region: RegionSettings): boolean => region.deployments.some(({ model }) => model === pool.model);
  if (!regions.some(deploys)) {
    return [`${path}.model: no region in REGIONS deploys it`];
  }
  return (pool.regions ?? []).flatMap((name, index) =>
    regions.some((region) => region.name === name && deploys(region))
      ? []
      : [`${path}.regions[${index}]: no region of that name deploys the pool's model in REGIONS`],
  );
}

/** A pool's name, or its model's when POOLS is absent, names its queues, whatever the case of its letters. */
function checkNames(regions: readonly RegionSettings[], pools: readonly PoolSettings[] | undefined): readonly string[] {
  const named = pools?.map(({ name }, index) => ({ name, path: `POOLS[${index}].name` })) ?? modelNames(regions);
  if (named.length < 2) {
    return [];
  }
  const lower = named.map(({ name }) => name.toLowerCase());
  return named.flatMap(({ name, path }, index) => {
    const base = lower[index]?.replace(/-high$/u, '') ?? '';
    if (!queuePattern.test(name)) {
      return [`${path}: cannot name a queue; give the model a pool in POOLS`];
    }
    if (lower.indexOf(lower[index] ?? '') !== index) {
      return [`${path}: is used by another pool already`];
    }
    return base !== lower[index] && lower.includes(base)
      ? [`${path}: its queue would be the "-high" queue of another pool`]
      : [];
  });
}

function modelNames(regions: readonly RegionSettings[]): readonly { readonly name: string; readonly path: string }[] {
  const paths = new Map<string, string>();
  for (const [regionIndex, { deployments }] of regions.entries()) {
    for (const [index, { model }] of deployments.entries()) {
      paths.set(model, paths.get(model) ?? `REGIONS[${regionIndex}].deployments[${index}].model`);
    }
  }
  return [...paths].map(([name, path]) => ({ name, path }));
}

/** Deployments of a group share one quota, and so must say the same of it. */
function checkGroups(regions: readonly RegionSettings[]): readonly string[] {
  const quotas = new Map<string, string>();
  return regions.flatMap(({ deployments }, regionIndex) =>
    deployments.flatMap((deployment, index) => {
      const { limitGroup } = deployment;
      const quota = quotaOf(deployment);
      if (limitGroup === undefined || (quotas.get(limitGroup) ?? quota) === quota) {
        quotas.set(limitGroup ?? '', quota);
        return [];
      }
      return [`REGIONS[${regionIndex}].deployments[${index}].limitGroup: its deployments have different quotas`];
    }),
  );
}

function quotaOf(deployment: DeploymentSettings): string {
  const { tokensPerMinute, requestsPerMinute, requestWindowSeconds, share } = deployment;
  return `${tokensPerMinute} ${requestsPerMinute ?? ''} ${requestWindowSeconds} ${share}`;
}
