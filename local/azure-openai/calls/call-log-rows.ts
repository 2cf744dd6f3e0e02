import { z } from 'zod';

import type { CallRecord } from './call-record.ts';

export const schema = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, region TEXT NOT NULL, deployment TEXT NOT NULL, limiter TEXT NOT NULL,
  clientRequestId TEXT NOT NULL, status INTEGER, code TEXT NOT NULL, throttledBy TEXT NOT NULL, cost INTEGER NOT NULL,
  isAdmitted INTEGER NOT NULL, promptTokens INTEGER NOT NULL, completionTokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS neighbour_calls (
  limiter TEXT NOT NULL, at REAL NOT NULL, cost INTEGER NOT NULL, throttledBy TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS peaks (
  limiter TEXT NOT NULL, callers TEXT NOT NULL, tokens REAL NOT NULL, requests REAL NOT NULL,
  PRIMARY KEY (limiter, callers)) WITHOUT ROWID;
`;

export const peakRow = z.object({
  limiter: z.string(),
  callers: z.enum(['ours', 'everybody']),
  tokens: z.number(),
  requests: z.number(),
});

/** The fullest windows of a limiter so far. */
export type PeakRow = z.infer<typeof peakRow>;

const throttledBy = z.enum(['', 'tokens', 'requests']);

/** A call as a limiter judged it, whoever made it. */
export const judgedRow = z.object({
  limiter: z.string(),
  caller: z.enum(['ours', 'neighbour']),
  at: z.number(),
  cost: z.number(),
  throttledBy,
});

export type JudgedRow = z.infer<typeof judgedRow>;

const callRow = z.object({
  number: z.number(),
  at: z.number(),
  region: z.string(),
  deployment: z.string(),
  limiter: z.string(),
  clientRequestId: z.string(),
  status: z.number().nullable(),
  code: z.string(),
  throttledBy,
  cost: z.number(),
  isAdmitted: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
});

export const sumRow = z.object({
  ...callRow.pick({ region: true, deployment: true, status: true, code: true, throttledBy: true }).shape,
  calls: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  admittedCost: z.number(),
});

/** What calls of one place and one end come to. */
export type CallSum = z.infer<typeof sumRow>;

export function readCall(row: unknown): CallRecord {
  const call = callRow.parse(row);
  return { ...call, isAdmitted: call.isAdmitted === 1 };
}

export function columns(call: CallRecord): (string | number | null)[] {
  return [
    call.number,
    call.at,
    call.region,
    call.deployment,
    call.limiter,
    call.clientRequestId,
    call.status,
    call.code,
    call.throttledBy,
    call.cost,
    call.isAdmitted ? 1 : 0,
    call.promptTokens,
    call.completionTokens,
  ];
}
