/** One deployment of a model, with its own quota unless it shares one through `limitGroup`. */
export interface DeploymentSettings {
  readonly name: string;
  /** Model name as in `model-facts.ts`, e.g. `gpt-4o-mini`. */
  readonly model: string;
  /** Most cost admitted in one token window, whatever the length of that window. */
  readonly tokensPerMinute: number;
  /** Judged over `requestWindowSeconds`: a deployment of 60 a minute judged over 10 s admits 10 in any 10 s. */
  readonly requestsPerMinute: number;
  /** `sliding` (default) as observed on pay-as-you-go, `fixed` as documented: a count that resets each window. */
  readonly tokenWindow?: 'sliding' | 'fixed' | undefined;
  /** Length of the token window; 60,000 by default, shorter in tests. */
  readonly tokenWindowMs?: number | undefined;
  /** 10 by default. */
  readonly requestWindowSeconds?: 1 | 10 | 60 | undefined;
  /** Prompt and completion together, in tokens; from the model by default. */
  readonly contextWindow?: number | undefined;
  /** Largest `max_tokens`; from the model by default. */
  readonly maxOutputTokens?: number | undefined;
  /** What a call without `max_tokens` adds to its cost; 640 by default. */
  readonly defaultMaxTokens?: number | undefined;
  /** Deployments of the same group, in whatever region, share one limiter; their limits must be equal. */
  readonly limitGroup?: string | undefined;
  /** Calls refused with 400 take their share of the windows too (the documentation says that they may). */
  readonly countsRefused?: boolean | undefined;
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
