import { z } from 'zod';

/** What is the same for every contender of a run. */
export const field = {
  region: 'eastus',
  model: 'gpt-4o-mini',
  tokensPerMinute: 1_000_000,
  /** 6 for each 1,000 tokens a minute, as older chat models have; judged over 10 s. It does not bind at this mean. */
  requestsPerMinute: 6000,
  requestWindowSeconds: 10,
  /** Processes of each contender: the limit is one, and they share it. */
  processes: 4,
  /** Jobs in hand of one process at the most: the app's own default of `MAX_JOBS_IN_HAND`. */
  jobsInHand: 400,
  /** Latency of the simulated calls: that of the embedded stack. */
  latency: { firstTokenMs: 350, tokensPerSecond: 90, tailProbability: 0.03, tailFactor: 8 },
} as const;

export const peerNames = ['p-queue', 'bottleneck', 'bullmq', 'rate-limiter-flexible'] as const;
export const contenderNames = ['sluice', ...peerNames] as const;
export type PeerName = (typeof peerNames)[number];
export type ContenderName = (typeof contenderNames)[number];

export type TokenWindow = 'sliding' | 'fixed';

/** How a peer is told the limit; every peer has the same two knobs. */
export const peerSetting = z.object({
  /** The limit is given for every so many seconds: a whole window at once, or a slice of it. */
  everySeconds: z.number().positive(),
  /** What of the limit is used, 1 being all of it. */
  margin: z.number().positive(),
});
export type PeerSetting = z.infer<typeof peerSetting>;

/** What a process of a peer is started with. */
export const peerOrder = z.object({
  contender: z.enum(peerNames),
  setting: peerSetting,
  /** Names the keys in Redis: two runs at the same time share none. */
  runName: z.string(),
  index: z.int().nonnegative(),
  processes: z.int().positive(),
  jobsInHand: z.int().positive(),
  endpoint: z.url(),
  apiKey: z.string(),
  redisPort: z.int(),
  tokensPerMinute: z.number(),
  /** Mean cost of a job of the trace that settings were tuned on: what a limiter that counts jobs goes by. */
  meanCost: z.number(),
  trace: z.object({ seed: z.number(), model: z.string(), totalCost: z.number() }),
});
export type PeerOrder = z.infer<typeof peerOrder>;
