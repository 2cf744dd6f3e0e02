import type { DeploymentSettings, RegionSettings } from './azure-openai/settings.ts';

/** A region as the app's setting `REGIONS` has it. */
interface ToldRegion {
  readonly name: string;
  readonly endpoint: string;
  readonly apiKey: string;
  readonly deployments: readonly ToldDeployment[];
}

type ToldDeployment = Pick<
  DeploymentSettings,
  | 'name'
  | 'model'
  | 'tokensPerMinute'
  | 'requestsPerMinute'
  | 'requestWindowSeconds'
  | 'defaultMaxTokens'
  | 'limitGroup'
>;

/**
 * What the owner of simulated regions knows of them. The kind of the token window, what counts beside admitted calls,
 * lowered limits, neighbours and lies are left out: those the app must find out.
 */
export function toldRegions(
  regions: readonly RegionSettings[],
  endpointOf: (region: string) => string,
): readonly ToldRegion[] {
  return regions.map(({ apiKey, deployments, name }) => ({
    name,
    endpoint: endpointOf(name),
    apiKey,
    deployments: deployments.map(toldDeployment),
  }));
}

function toldDeployment(deployment: DeploymentSettings): ToldDeployment {
  const { name, model, tokensPerMinute, requestsPerMinute } = deployment;
  const { requestWindowSeconds, defaultMaxTokens, limitGroup } = deployment;
  return {
    name,
    model,
    tokensPerMinute,
    requestsPerMinute,
    ...(requestWindowSeconds === undefined ? {} : { requestWindowSeconds }),
    ...(defaultMaxTokens === undefined ? {} : { defaultMaxTokens }),
    ...(limitGroup === undefined ? {} : { limitGroup }),
  };
}
