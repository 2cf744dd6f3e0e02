import type { Random } from './seeded-random.ts';
import type { LatencySettings } from './settings.ts';

export interface LatencyPlan {
  readonly firstTokenMs: number;
  readonly msPerToken: number;
}

/**
 * How fast one call is answered. Most calls vary by ±20 %; a slow one takes f times as long, 1 ≤ f ≤ `tailFactor`,
 * with a density that falls with f² (a truncated Pareto tail).
 */
export function planLatency(settings: LatencySettings, random: Random): LatencyPlan {
  const spread = 0.8 + 0.4 * random();
  const isSlow = random() < settings.tailProbability;
  const share = random();
  const factor = isSlow ? 1 / (1 - share * (1 - 1 / Math.max(1, settings.tailFactor))) : 1;
  return {
    firstTokenMs: settings.firstTokenMs * spread * factor,
    msPerToken: (1000 / settings.tokensPerSecond) * spread * factor,
  };
}

export const usualLatency: LatencySettings = {
  firstTokenMs: 200,
  tokensPerSecond: 150,
  tailProbability: 0.02,
  tailFactor: 8,
};
