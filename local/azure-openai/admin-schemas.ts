import { z } from 'zod';

import { headerLies, loweredLimits, neighbourSettings } from './face-schemas.ts';

export const callsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

export const deploymentChange = z.strictObject({
  tokensPerMinute: z.int().min(0).optional(),
  requestsPerMinute: z.int().min(0).optional(),
  lowered: loweredLimits.nullish(),
  neighbour: neighbourSettings.nullish(),
  lies: headerLies.nullish(),
});

export const usageQuery = z.strictObject({ from: z.coerce.number().optional(), before: z.coerce.number().optional() });

const latency = z.strictObject({
  firstTokenMs: z.number().min(0).max(600_000).optional(),
  tokensPerSecond: z.number().positive().optional(),
  tailProbability: z.number().min(0).max(1).optional(),
  tailFactor: z.number().min(1).max(1000).optional(),
});

export const regionChange = z.strictObject({ latency: latency.optional(), isDown: z.boolean().optional() });

export const faultBody = z.strictObject({
  status: z.union([z.literal(0), z.int().min(200).max(599)]),
  code: z.string().optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  probability: z.number().gt(0).max(1).optional(),
  count: z.int().min(1).optional(),
  deployment: z.string().optional(),
  afterFirstByte: z.boolean().optional(),
  delayMs: z.number().min(0).max(600_000).optional(),
});
