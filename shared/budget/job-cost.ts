import type { Usage } from '../models/call-outcome.ts';
import type { Prices } from '../models/model-catalogue.ts';

const TOKENS_PER_PRICE = 1_000_000;

/** The most that a job can cost, in USD: no prompt token from the cache, every answer of full length. */
export function worstCaseUsd(
  prices: Prices | undefined,
  tokens: {
    readonly promptTokens: number;
    /** Most output tokens of all answers together. */
    readonly outputTokens: number;
  },
): number | undefined {
  if (prices === undefined) {
    return undefined;
  }
  const dearestInputUsd = Math.max(prices.inputUsd, prices.cachedInputUsd);
  return (tokens.promptTokens * dearestInputUsd + tokens.outputTokens * prices.outputUsd) / TOKENS_PER_PRICE;
}

/** What a call cost, in USD; cached prompt tokens at their own price. Undefined when the model has no prices. */
export function actualUsd(prices: Prices | undefined, usage: Usage): number | undefined {
  if (prices === undefined) {
    return undefined;
  }
  const cachedTokens = Math.min(usage.cachedPromptTokens, usage.promptTokens);
  const freshTokens = usage.promptTokens - cachedTokens;
  const costUsd =
    freshTokens * prices.inputUsd + cachedTokens * prices.cachedInputUsd + usage.completionTokens * prices.outputUsd;
  return costUsd / TOKENS_PER_PRICE;
}

export type CostCheck =
  | { readonly kind: 'within'; readonly worstCaseUsd: number | undefined }
  | { readonly kind: 'exceeds'; readonly worstCaseUsd: number; readonly capUsd: number }
  /** There is a cap, but no price to hold against it: the job cannot be shown to stay under it. */
  | { readonly kind: 'unpriced'; readonly capUsd: number };

/** Holds the worst case against the job's own cap (`maxCostUsd`); without a cap every cost is within. */
export function checkJobCost(costUsd: number | undefined, capUsd: number | undefined): CostCheck {
  if (capUsd === undefined) {
    return { kind: 'within', worstCaseUsd: costUsd };
  }
  if (costUsd === undefined) {
    return { kind: 'unpriced', capUsd };
  }
  return costUsd <= capUsd
    ? { kind: 'within', worstCaseUsd: costUsd }
    : { kind: 'exceeds', worstCaseUsd: costUsd, capUsd };
}
