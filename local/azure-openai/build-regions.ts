import { DeploymentLimiter, type LimiterShape, type Limits } from './deployment-limiter.ts';
import { modelFacts, type ModelFacts } from './model-facts.ts';
import { usualLatency } from './plan-latency.ts';
import { Region, type Deployment } from './region.ts';
import type { AzureOpenAiSettings, DeploymentSettings, RegionSettings } from './settings.ts';
import { tokenCounter, type TokenCounter } from './token-counter.ts';

/** The regions of the settings with their limiters, empty. Throws for settings that contradict themselves. */
export async function buildRegions(settings: AzureOpenAiSettings): Promise<ReadonlyMap<string, Region>> {
  const limiters = new Map<string, DeploymentLimiter>();
  const regions = new Map<string, Region>();
  for (const region of settings.regions) {
    if (regions.has(region.name)) {
      throw new Error(`Azure OpenAI settings: two regions are named ${region.name}.`);
    }
    const deployments = new Map<string, Deployment>();
    for (const deployment of region.deployments) {
      if (deployments.has(deployment.name)) {
        throw new Error(`Azure OpenAI settings: ${region.name} has two deployments named ${deployment.name}.`);
      }
      const model = factsOf(region, deployment);
      const countTokens = settings.isInstant === true ? countNothing : await tokenCounter(model.encoding);
      deployments.set(deployment.name, build({ region, deployment, model, countTokens, limiters }));
    }
    const { name, apiKey, latency = usualLatency } = region;
    regions.set(name, new Region({ name, apiKey, deployments, latency }));
  }
  return regions;
}

function build(parts: {
  readonly region: RegionSettings;
  readonly deployment: DeploymentSettings;
  readonly model: ModelFacts;
  readonly countTokens: TokenCounter;
  readonly limiters: Map<string, DeploymentLimiter>;
}): Deployment {
  const { region, deployment, model, countTokens, limiters } = parts;
  const group = deployment.limitGroup;
  const limiterKey = group === undefined ? `${region.name}/${deployment.name}` : `group/${group}`;
  return {
    name: deployment.name,
    modelName: deployment.model,
    model,
    defaultMaxTokens: deployment.defaultMaxTokens ?? 640,
    countsRefused: deployment.countsRefused ?? false,
    limiter: limiterOf({ deployment, limiterKey, limiters }),
    limiterKey,
    countTokens,
  };
}

function factsOf(region: RegionSettings, deployment: DeploymentSettings): ModelFacts {
  const facts = modelFacts(deployment.model);
  if (facts === undefined) {
    throw new Error(
      `Azure OpenAI settings: ${region.name}/${deployment.name} is of model ${deployment.model}, which the local ` +
        'Azure OpenAI does not carry. The ones it carries are in model-facts.ts.',
    );
  }
  return {
    ...facts,
    contextWindow: deployment.contextWindow ?? facts.contextWindow,
    maxOutputTokens: deployment.maxOutputTokens ?? facts.maxOutputTokens,
  };
}

function limiterOf(parts: {
  readonly deployment: DeploymentSettings;
  readonly limiterKey: string;
  readonly limiters: Map<string, DeploymentLimiter>;
}): DeploymentLimiter {
  const { deployment, limiterKey, limiters } = parts;
  const { tokensPerMinute, requestsPerMinute } = deployment;
  const limits: Limits = { tokensPerMinute, requestsPerMinute };
  const shape: LimiterShape = {
    tokenWindow: deployment.tokenWindow ?? 'sliding',
    tokenWindowMs: deployment.tokenWindowMs ?? 60_000,
    requestWindowSeconds: deployment.requestWindowSeconds ?? 10,
  };
  const shared = limiters.get(limiterKey);
  if (shared === undefined) {
    const limiter = new DeploymentLimiter(shape, limits);
    limiters.set(limiterKey, limiter);
    return limiter;
  }
  if (JSON.stringify([shared.shape, shared.limits]) !== JSON.stringify([shape, limits])) {
    throw new Error(`Azure OpenAI settings: the deployments of ${limiterKey} have different limits.`);
  }
  return shared;
}

/** Instant answers are counted by characters. */
const countNothing: TokenCounter = async () => 0;
