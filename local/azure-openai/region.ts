import type { DeploymentLimiter } from './limits/deployment-limiter.ts';
import type { ModelFacts } from './model-facts.ts';
import type { HeaderLies, LatencySettings } from './settings.ts';
import type { TokenCounter, TokenSplitter } from './token-counter.ts';

export interface Deployment {
  readonly name: string;
  readonly modelName: string;
  /** The model's, with the deployment's own window and output limit put in. */
  readonly model: ModelFacts;
  readonly defaultMaxTokens: number;
  readonly countsRefused: boolean;
  readonly limiter: DeploymentLimiter;
  /** `region/deployment`, or `group/name` when shared. */
  readonly limiterKey: string;
  readonly countTokens: TokenCounter;
  readonly splitTokens: TokenSplitter;
  /** Of a provisioned deployment: input tokens that an output token counts as. */
  readonly outputWeight: number | undefined;
  /** Told in place of the true figures; the admin endpoint changes them. */
  lies: HeaderLies;
}

/** A region as it is while it runs: the admin endpoint changes its latency. */
export class Region {
  readonly name: string;
  readonly apiKey: string;
  readonly deployments: ReadonlyMap<string, Deployment>;
  latency: LatencySettings;

  constructor(facts: {
    readonly name: string;
    readonly apiKey: string;
    readonly deployments: ReadonlyMap<string, Deployment>;
    readonly latency: LatencySettings;
  }) {
    this.name = facts.name;
    this.apiKey = facts.apiKey;
    this.deployments = facts.deployments;
    this.latency = facts.latency;
  }
}

/** Every limiter once, by its key. */
export function limitersOf(regions: Iterable<Region>): ReadonlyMap<string, DeploymentLimiter> {
  const limiters = new Map<string, DeploymentLimiter>();
  for (const region of regions) {
    for (const { limiter, limiterKey } of region.deployments.values()) {
      limiters.set(limiterKey, limiter);
    }
  }
  return limiters;
}
