import { isDeepStrictEqual } from 'node:util';

import { DeploymentLimiter } from './limits/deployment-limiter.ts';
import type { LimiterFacts, LimiterRecorder } from './limits/limiter-state.ts';
import { modelFacts, type ModelFacts, type UnitFacts } from './model-facts.ts';
import { usualLatency } from './plan-latency.ts';
import { Region, type Deployment } from './region.ts';
import { seededRandom } from './seeded-random.ts';
import type { AzureOpenAiSettings, DeploymentSettings, RegionSettings } from './settings.ts';
import { splitRoughly, tokenCounter, tokenSplitter, type TokenCounter } from './token-counter.ts';

/** What limiters are given beside their settings. */
export interface Surroundings {
  /** Epoch milliseconds from which the times of the settings count. */
  readonly startedAt: number;
  readonly recorder: (limiterKey: string) => LimiterRecorder;
}

/** The regions of the settings with their limiters, empty. Throws for settings that contradict themselves. */
export async function buildRegions(
  settings: AzureOpenAiSettings,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, Region>> {
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
      const tokens = await tokensOf(model, settings.isInstant ?? false);
      const key = limiterKeyOf(region, deployment);
      const shared = limiters.get(key);
      const limiter = limiterOf({ deployment, key, model, shared, seed: settings.seed, surroundings });
      limiters.set(key, limiter);
      deployments.set(deployment.name, build({ key, deployment, model, tokens, limiter }));
    }
    const { name, apiKey, latency = usualLatency } = region;
    regions.set(name, new Region({ name, apiKey, deployments, latency }));
  }
  return regions;
}

function build(parts: {
  readonly key: string;
  readonly deployment: DeploymentSettings;
  readonly model: ModelFacts;
  readonly tokens: Pick<Deployment, 'countTokens' | 'splitTokens'>;
  readonly limiter: DeploymentLimiter;
}): Deployment {
  const { key, deployment, model, tokens, limiter } = parts;
  const { provisioned } = deployment;
  return {
    name: deployment.name,
    modelName: deployment.model,
    model,
    defaultMaxTokens: deployment.defaultMaxTokens ?? 640,
    countsRefused: deployment.countsRefused ?? false,
    limiter,
    limiterKey: key,
    ...tokens,
    outputWeight: provisioned === undefined ? undefined : unitOf(deployment, model).outputWeight,
    lies: deployment.lies ?? {},
  };
}

function limiterKeyOf(region: RegionSettings, { name, limitGroup }: DeploymentSettings): string {
  return limitGroup === undefined ? `${region.name}/${name}` : `group/${limitGroup}`;
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

async function tokensOf(
  model: ModelFacts,
  isInstant: boolean,
): Promise<Pick<Deployment, 'countTokens' | 'splitTokens'>> {
  return isInstant
    ? { countTokens: countNothing, splitTokens: splitRoughly }
    : { countTokens: await tokenCounter(model.encoding), splitTokens: await tokenSplitter(model.encoding) };
}

/** Throws where neither the settings nor the model's facts have the throughput of a unit. */
function unitOf({ model, provisioned }: DeploymentSettings, { unit }: ModelFacts): UnitFacts {
  const tokensPerMinute = provisioned?.tokensPerMinutePerUnit ?? unit?.tokensPerMinute;
  const outputWeight = provisioned?.outputWeight ?? unit?.outputWeight;
  if (tokensPerMinute === undefined || outputWeight === undefined) {
    throw new Error(
      `Azure OpenAI settings: no throughput of a provisioned unit is known for ${model}. Set tokensPerMinutePerUnit and ` +
        'outputWeight in provisioned.',
    );
  }
  return { tokensPerMinute, outputWeight };
}

/** The limiter of a deployment: the shared one, or a new one. */
function limiterOf(parts: {
  readonly deployment: DeploymentSettings;
  readonly key: string;
  readonly model: ModelFacts;
  readonly shared: DeploymentLimiter | undefined;
  readonly seed: number;
  readonly surroundings: Surroundings;
}): DeploymentLimiter {
  const { deployment, key, model, shared, seed, surroundings } = parts;
  const faces = facesOf(deployment, model);
  if (shared === undefined) {
    return new DeploymentLimiter({
      ...faces,
      startedAt: surroundings.startedAt,
      neighbourRandom: () => seededRandom(seed, 'neighbour', key),
      recorder: surroundings.recorder(key),
    });
  }
  const { limits, lowered, neighbour, shape } = shared.facts;
  if (!isDeepStrictEqual({ limits, lowered, neighbour, shape }, faces)) {
    throw new Error(
      `Azure OpenAI settings: the deployments of ${key} have different limits. They share one limiter: let them agree on ` +
        'both quotas, both windows, countsThrottled, lowered, neighbour and provisioned.',
    );
  }
  return shared;
}

function facesOf(
  deployment: DeploymentSettings,
  model: ModelFacts,
): Pick<LimiterFacts, 'shape' | 'limits' | 'lowered' | 'neighbour'> {
  const { lowered = [], neighbour, provisioned, requestsPerMinute, tokensPerMinute } = deployment;
  const shape = {
    tokenWindow: deployment.tokenWindow ?? 'sliding',
    tokenWindowMs: deployment.tokenWindowMs ?? 60_000,
    requestWindowSeconds: deployment.requestWindowSeconds ?? 10,
    countsThrottled: deployment.countsThrottled ?? 'nowhere',
  } as const;
  if (provisioned === undefined) {
    return { shape, limits: { tokensPerMinute, requestsPerMinute }, lowered, neighbour };
  }
  const limits = {
    tokensPerMinute: provisioned.units * unitOf(deployment, model).tokensPerMinute,
    requestsPerMinute,
  };
  const bucketMs = (provisioned.burstSeconds ?? 10) * 1000;
  return { shape: { ...shape, tokenWindowMs: 60_000, bucketMs }, limits, lowered, neighbour };
}

/** Instant answers are counted by characters. */
const countNothing: TokenCounter = async () => 0;
