import type { Random } from '../../local/azure-openai/seeded-random.ts';
import type { BucketLimits } from '../../shared/bucket/bucket-limits.ts';
import { drawBetween, drawLogNormal } from './draws.ts';

export const loadNames = ['80k', '1M', '10M', 'request-bound'] as const;
export type LoadName = (typeof loadNames)[number];

/** A quota and the jobs that want it. */
export interface Load {
  readonly name: LoadName;
  readonly limits: BucketLimits;
  /** Minutes that are measured, after the first: small quotas admit so few jobs that a short run says nothing. */
  readonly minutes: number;
  readonly meanCost: number;
  readonly about: string;
  /** What one job costs, in tokens of the service's estimate. */
  readonly drawCost: (random: Random) => number;
}

const everyday = (random: Random): number =>
  Math.round(Math.min(16_000, Math.max(50, drawLogNormal(random, { p50: 735, p99: 7525 }))));

export const loads: Readonly<Record<LoadName, Load>> = {
  '80k': {
    name: '80k',
    limits: { tokensPerMinute: 80_000, requestsPerMinute: 480, requestWindowSeconds: 10, share: 1 },
    minutes: 40,
    meanCost: 7500,
    about: '80k TPM / 480 RPM, jobs of 6,000 to 9,000 tokens',
    drawCost: (random) => Math.round(drawBetween(random, 6000, 9000)),
  },
  '1M': {
    name: '1M',
    limits: { tokensPerMinute: 1_000_000, requestsPerMinute: 6000, requestWindowSeconds: 10, share: 1 },
    minutes: 10,
    meanCost: 1200,
    about: '1M TPM / 6k RPM, jobs of 50 to 16,000 tokens, mean 1,200',
    drawCost: everyday,
  },
  '10M': {
    name: '10M',
    limits: { tokensPerMinute: 10_000_000, requestsPerMinute: 60_000, requestWindowSeconds: 10, share: 1 },
    minutes: 5,
    meanCost: 1200,
    about: '10M TPM / 60k RPM, jobs of 50 to 16,000 tokens, mean 1,200',
    drawCost: everyday,
  },
  'request-bound': {
    name: 'request-bound',
    limits: { tokensPerMinute: 1_000_000, requestsPerMinute: 6000, requestWindowSeconds: 10, share: 1 },
    minutes: 5,
    meanCost: 100,
    about: '1M TPM / 6k RPM judged over 10 s, jobs of mean 100 tokens: requests are the limit',
    drawCost: (random) => Math.round(drawLogNormal(random, { p50: 80, p99: 380 })),
  },
};

/** Most jobs a second that the quota of a load admits. */
export function jobsPerSecond({ limits, meanCost }: Load): number {
  return Math.min(limits.tokensPerMinute / meanCost, limits.requestsPerMinute) / 60;
}
