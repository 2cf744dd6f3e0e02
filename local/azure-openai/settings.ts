import type { AdminRoute } from '../admin/route-table.ts';
import type { ModelFaults } from './faults/model-faults.ts';

/**
 * How the limiter of a deployment judges calls, and what it tells of itself. Nobody outside can be sure of these, so
 * each is a setting of its own. Deployments that share a limiter must agree on all but `defaultMaxTokens`,
 * `countsRefused` and `lies`, which belong to the deployment.
 */
export interface LimiterFaces {
  /** `sliding` (default) as observed on pay-as-you-go, `fixed` as documented: a count that resets each window. */
  readonly tokenWindow?: 'sliding' | 'fixed' | undefined;
  /** Length of the token window; 60,000 by default, shorter in tests. */
  readonly tokenWindowMs?: number | undefined;
  /** 10 by default. */
  readonly requestWindowSeconds?: 1 | 10 | 60 | undefined;
  /** What a call without `max_tokens` adds to its cost; 640 by default. */
  readonly defaultMaxTokens?: number | undefined;
  /** Deployments of the same group, in whatever region, share one limiter; their limits must be equal. */
  readonly limitGroup?: string | undefined;
  /** Calls refused with 400 take their share of the windows too (the documentation says that they may). */
  readonly countsRefused?: boolean | undefined;
  /** Where calls answered 429 take their share as well; `nowhere` by default. */
  readonly countsThrottled?: CountsThrottled | undefined;
  /** When the limits are lower for a time. Told by the `x-ratelimit-limit-*` headers alone; they come back by themselves. */
  readonly lowered?: readonly LoweredLimits[] | undefined;
  /** Somebody else who uses the same limiter. */
  readonly neighbour?: NeighbourSettings | undefined;
  /** Headers that do not tell the truth. */
  readonly lies?: HeaderLies | undefined;
  /** Bought in units (PTU): a leaky bucket in place of the two windows, and of both limits of a minute. */
  readonly provisioned?: ProvisionedSettings | undefined;
}

/**
 * Provisioned throughput. Costs are in input tokens: the prompt's, and the output's times `outputWeight`. A call adds its
 * estimate (prompt and `max_tokens`) to the utilisation, and at its end what it really came to; utilisation falls
 * steadily, by the throughput of the units.
 */
export interface ProvisionedSettings {
  /** PTUs bought. */
  readonly units: number;
  /** Input tokens a minute of one unit; the model's by default. */
  readonly tokensPerMinutePerUnit?: number | undefined;
  /** Input tokens that an output token counts as; the model's by default. */
  readonly outputWeight?: number | undefined;
  /** So many seconds of throughput are a utilisation of 100 %; not documented, 10 by default. */
  readonly burstSeconds?: number | undefined;
}

/** `requests`: in the request window; `requests-and-tokens`: with their cost in the token window, too. */
export type CountsThrottled = 'nowhere' | 'requests' | 'requests-and-tokens';

/** Limits that hold for a time: the lowest of the usual ones and of what `factor` and the new ones come to. */
export interface LoweredLimits {
  /** Milliseconds after the start, or after the change through the admin endpoint; 0 by default. */
  readonly fromMs?: number | undefined;
  readonly forMs: number;
  /** 0 to 1, of both limits. */
  readonly factor?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
}

/**
 * Somebody else's calls on the same limiter, at random times of the service's seed. They are judged as ours are, and
 * one that is turned away is not made again. A lowered limit does not make it ask for less.
 */
export interface NeighbourSettings {
  /** 0 to 1: what it asks for, of the usual `tokensPerMinute`. */
  readonly share: number;
  /** Mean cost of a call; each costs between half and one and a half of it. 1,000 by default. */
  readonly costPerCall?: number | undefined;
  /** Milliseconds after the start, or after the change through the admin endpoint; 0 by default. */
  readonly fromMs?: number | undefined;
  /** Without end by default. */
  readonly forMs?: number | undefined;
}

/** What is sent in place of the true figures: -1, 0, 1 and 86400 have all been seen live. */
export interface HeaderLies {
  /** `retry-after` of a 429 of the quota, in seconds, and in its message; `none` leaves both out. */
  readonly retryAfterSeconds?: number | 'none' | undefined;
  /** `retry-after-ms` beside it. Left out by default when `retryAfterSeconds` is set, as the truth would give it away. */
  readonly retryAfterMs?: number | 'none' | undefined;
  readonly limitTokens?: number | undefined;
  readonly remainingTokens?: number | undefined;
  readonly limitRequests?: number | undefined;
  readonly remainingRequests?: number | undefined;
}

/** One deployment of a model, with its own quota unless it shares one through `limitGroup`. */
export interface DeploymentSettings extends LimiterFaces {
  readonly name: string;
  /** Model name as in `model-facts.ts`, e.g. `gpt-4o-mini`. */
  readonly model: string;
  /** Most cost admitted in one token window, whatever the length of that window. */
  readonly tokensPerMinute: number;
  /** Judged over `requestWindowSeconds`: a deployment of 60 a minute judged over 10 s admits 10 in any 10 s. */
  readonly requestsPerMinute: number;
  /** Prompt and completion together, in tokens; from the model by default. */
  readonly contextWindow?: number | undefined;
  /** Largest `max_tokens`; from the model by default. */
  readonly maxOutputTokens?: number | undefined;
}

/** How long an answer takes: `firstTokenMs` + tokens ÷ `tokensPerSecond`, with a heavy tail. */
export interface LatencySettings {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Share of calls, 0 to 1, that are slow. */
  readonly tailProbability: number;
  /** A slow call takes between 1 and this many times as long; long ones are rarer. */
  readonly tailFactor: number;
}

export interface RegionSettings {
  readonly name: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly apiKey: string;
  readonly deployments: readonly DeploymentSettings[];
  readonly latency?: LatencySettings | undefined;
}

export interface AzureOpenAiSettings {
  readonly regions: readonly RegionSettings[];
  /** 0 takes a free port. */
  readonly adminPort: number;
  /** What the admin endpoint takes beside what is the regions'. */
  readonly adminRoutes?: readonly AdminRoute[] | undefined;
  /** What goes wrong; nothing when absent, until it is added. */
  readonly faults?: ModelFaults | undefined;
  /** The same seed gives the same answers, latencies and fault draws. */
  readonly seed: number;
  /** SQLite file of the call log, from which counters and windows come back after a crash. */
  readonly databasePath: string;
  /** No latency, one short answer, prompt tokens estimated as characters ÷ 4: for measuring the caller's overhead. */
  readonly isInstant?: boolean | undefined;
  readonly log?: ((line: string) => void) | undefined;
  /** Epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined;
}
