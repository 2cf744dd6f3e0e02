import { z } from 'zod';

const limit = z.int().min(0);
const milliseconds = z.number().min(0);
const retryAfter = z.union([z.int(), z.literal('none')]);

/** `LoweredLimits` */
export const loweredLimits = z
  .strictObject({
    fromMs: milliseconds.optional(),
    forMs: z.number().positive(),
    factor: z.number().min(0).max(1).optional(),
    tokensPerMinute: limit.optional(),
    requestsPerMinute: limit.optional(),
  })
  .refine(
    ({ factor, tokensPerMinute, requestsPerMinute }) =>
      factor !== undefined || tokensPerMinute !== undefined || requestsPerMinute !== undefined,
    'needs a factor, tokensPerMinute or requestsPerMinute',
  );

/** `NeighbourSettings` */
export const neighbourSettings = z.strictObject({
  share: z.number().min(0).max(1),
  costPerCall: z.int().min(1).optional(),
  fromMs: milliseconds.optional(),
  forMs: z.number().positive().optional(),
});

/** `HeaderLies` */
export const headerLies = z.strictObject({
  retryAfterSeconds: retryAfter.optional(),
  retryAfterMs: retryAfter.optional(),
  limitTokens: z.int().optional(),
  remainingTokens: z.int().optional(),
  limitRequests: z.int().optional(),
  remainingRequests: z.int().optional(),
});

/** `ProvisionedSettings` */
const provisionedSettings = z.strictObject({
  units: z.int().positive(),
  tokensPerMinutePerUnit: z.number().positive().optional(),
  outputWeight: z.number().positive().optional(),
  burstSeconds: z.number().positive().optional(),
});

/** `LimiterFaces` */
export const limiterFaces = z.strictObject({
  tokenWindow: z.enum(['sliding', 'fixed']).optional(),
  tokenWindowMs: z.int().positive().optional(),
  requestWindowSeconds: z.union([z.literal(1), z.literal(10), z.literal(60)]).optional(),
  defaultMaxTokens: z.int().min(0).optional(),
  limitGroup: z.string().min(1).optional(),
  countsRefused: z.boolean().optional(),
  countsThrottled: z.enum(['nowhere', 'requests', 'requests-and-tokens']).optional(),
  lowered: z.array(loweredLimits).optional(),
  neighbour: neighbourSettings.optional(),
  lies: headerLies.optional(),
  provisioned: provisionedSettings.optional(),
});
