import { z } from 'zod';

import { faultRate } from '../../faults/fault-rate.ts';
import { faultOfRow, faultRowNames } from '../faults/fault-rows.ts';
import type { Fault } from '../faults/model-faults.ts';
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

const faultFields = z.strictObject({
  row: z.enum(faultRowNames).optional(),
  status: z.union([z.literal(0), z.int().min(200).max(599)]).optional(),
  code: z.string().optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  ...faultRate,
  region: z.string().optional(),
  deployment: z.string().optional(),
  afterFirstByte: z.boolean().optional(),
  afterTokens: z.int().min(0).optional(),
  delayMs: z.number().min(0).max(600_000).optional(),
  stallMs: z.number().min(0).max(600_000).optional(),
});

/** A fault spelt out, or by its row with what is to be different in it. */
export const faultBody = faultFields.transform(({ row, status, ...rest }, context): Fault => {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  if (row !== undefined) {
    return { row, ...faultOfRow(row), ...(status === undefined ? {} : { status }), ...given };
  }
  if (status === undefined) {
    context.addIssue({ code: 'custom', path: ['status'], message: 'needs a status or a row' });
    return z.NEVER;
  }
  return { status, ...given };
});
