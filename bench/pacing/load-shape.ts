/** How the costs of a load's jobs are spread, in tokens of the service's own estimate. */
export type CostSpread =
  /** Many small ones and a long tail; `meanTokens` before the cut at both ends. */
  | {
      readonly kind: 'log-normal';
      readonly meanTokens: number;
      readonly sigma: number;
      readonly leastTokens: number;
      readonly mostTokens: number;
    }
  | { readonly kind: 'uniform'; readonly leastTokens: number; readonly mostTokens: number }
  /** Two sizes and nothing between them. */
  | {
      readonly kind: 'two-sizes';
      readonly smallTokens: number;
      readonly largeTokens: number;
      readonly largeShare: number;
    };

export interface LoadShape {
  readonly costs: CostSpread;
  /** Share of a job's cost that is `max_tokens`; the rest is its prompt. */
  readonly outputShare: number;
  /** What an answer uses of `max_tokens`: evenly spread from least to most, `mostAnswerTokens` at the most. */
  readonly used: { readonly least: number; readonly most: number };
  readonly mostAnswerTokens: number;
}

/** Cost of one job, in whole tokens. @param random numbers in [0, 1) */
export function drawCost(spread: CostSpread, random: () => number): number {
  switch (spread.kind) {
    case 'log-normal': {
      const { meanTokens, sigma, leastTokens, mostTokens } = spread;
      // The mean of a log-normal is exp(mu + sigma²/2).
      const drawn = Math.exp(Math.log(meanTokens) - sigma ** 2 / 2 + sigma * drawNormal(random));
      return Math.round(Math.min(mostTokens, Math.max(leastTokens, drawn)));
    }
    case 'uniform':
      return spread.leastTokens + Math.floor(random() * (spread.mostTokens - spread.leastTokens + 1));
    case 'two-sizes':
      return random() < spread.largeShare ? spread.largeTokens : spread.smallTokens;
  }
}

/** What a job of this spread costs on average, but for the cut of a log-normal. */
export function meanCost(spread: CostSpread): number {
  switch (spread.kind) {
    case 'log-normal':
      return spread.meanTokens;
    case 'uniform':
      return (spread.leastTokens + spread.mostTokens) / 2;
    case 'two-sizes':
      return spread.smallTokens + spread.largeShare * (spread.largeTokens - spread.smallTokens);
  }
}

/** Box and Muller. */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
