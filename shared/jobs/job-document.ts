import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { JobOptions } from './job-envelope.ts';
import { deadLetterReasons } from './dead-letter-reason.ts';

/** `queued`, `running` and `parked` go on; the other four are ends. */
export const jobStates = ['queued', 'running', 'parked', 'completed', 'dead-lettered', 'cancelled', 'expired'] as const;

export type JobState = (typeof jobStates)[number];

const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** Read once already, with the envelope; a newer version may know more of them. */
const jobOptions = z.custom<JobOptions>((value) => jsonObject.safeParse(value).success);

/** The fence that says which delivery is running the job (J1). Kept when the job ends: it tells duplicates apart. */
const claim = z.object({
  epoch: z.number(),
  sequenceNumber: z.string(),
  deliveryCount: z.number(),
  attempt: z.number(),
  /** Random, fresh for every claim: tells our own write from another's when a reply was lost. */
  owner: z.string(),
});

const attempt = z.object({
  at: z.number(),
  region: z.string(),
  deployment: z.string(),
  outcome: z.string(),
  code: z.string().optional(),
  status: z.number().optional(),
  requestId: z.string().optional(),
  waitMs: z.number(),
  latencyMs: z.number(),
});

const openCall = z.object({ owner: z.string(), at: z.number() });

/** How a job ended before it was replayed. */
const replay = z.object({
  at: z.number(),
  state: z.enum(['dead-lettered', 'expired']),
  reason: z.enum(deadLetterReasons).optional(),
  description: z.string().optional(),
  endedAt: z.number().optional(),
  attemptCount: z.number().optional(),
  /** What the replay changed, by name. */
  patch: jsonObject.optional(),
});

const usage = z.object({
  promptTokens: z.number(),
  completionTokens: z.number(),
  totalTokens: z.number(),
  cachedPromptTokens: z.number(),
  reasoningTokens: z.number(),
  isEstimated: z.boolean(),
});

/** What the service's refusal said of its windows and of our count, in tokens. */
const correction = z.object({
  contextTokens: z.number(),
  inputTokens: z.number(),
  /** By how much the service's count of the prompt exceeds ours; below 0 where ours is the higher. */
  uncountedTokens: z.number(),
});

/** What was done to the request, so that it fits the window: the model was sent less than the job holds. */
const fitting = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('trimmed'),
    droppedTurns: z.number(),
    droppedMessages: z.number(),
    /** At least these, when the conversation is many times the window. */
    droppedTokens: z.number(),
    keptMessages: z.number(),
    keptTokens: z.number(),
    correction: correction.optional(),
  }),
  z.object({
    kind: z.literal('output-reduced'),
    fromTokens: z.number(),
    toTokens: z.number(),
    correction: correction.optional(),
  }),
]);

/** A job as Cosmos keeps it. Loose: fields of a newer version survive a write by this one. */
export const jobDocumentSchema = z.looseObject({
  id: z.string(),
  v: z.literal(1),
  state: z.enum(jobStates),
  pool: z.string(),
  model: z.string(),
  customId: z.string().optional(),
  batchId: z.string().optional(),
  tenant: z.string().optional(),
  /** SHA-256 of the canonical request and options: the same id with another digest is another job. */
  digest: z.string(),
  /** That of the request as it was submitted, when a replay has changed it. */
  submittedDigest: z.string().optional(),
  createdAt: z.number(),
  /** Rises with every parking and replay; a message of an older epoch is stale. */
  epoch: z.number(),
  claim: claim.optional(),
  /** While parked: when the next epoch's message is due. */
  dueAt: z.number().optional(),
  deadline: z.number().optional(),
  promptTokens: z.number().optional(),
  worstCaseTokens: z.number().optional(),
  /** Of the request that is sent, as the two figures above. */
  fitting: fitting.optional(),
  /** What the service will count for it, and so its bucket. */
  costTokens: z.number().optional(),
  /** Absent when normal. */
  priority: z.literal('high').optional(),
  /** When it was expected to start, by what was known when it was submitted; epoch ms. */
  expectedStartAt: z.number().optional(),
  requestRef: z.string().optional(),
  attempts: z.array(attempt).optional(),
  attemptCount: z.number().optional(),
  /** Calls that failed, and since when they do (epoch ms): throttled ones do not count (J3). */
  failures: z.number().optional(),
  failingSince: z.number().optional(),
  /** Calls that claims have started and not ended; of a process that is gone they stay, and two of them are poison. */
  openCalls: z.array(openCall).optional(),
  /** Earlier ends, oldest first. */
  replays: z.array(replay).optional(),
  /** Why a dead-lettered or expired job was, for people and with figures for machines. */
  reason: z.enum(deadLetterReasons).optional(),
  description: z.string().optional(),
  figures: jsonObject.optional(),
  /** Of a dead letter, so that it can be replayed: the envelope's options. Its request is stored (`requestRef`). */
  options: jobOptions.optional(),
  usage: usage.optional(),
  costUsd: z.number().optional(),
  finishReason: z.string().optional(),
  region: z.string().optional(),
  deployment: z.string().optional(),
  requestId: z.string().optional(),
  /** The response body when it is small; a blob's name otherwise. */
  result: jsonObject.optional(),
  resultRef: z.string().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** Of a tombstone: when its job was erased (epoch ms), and whether something of it is still to be removed. */
  erasedAt: z.number().optional(),
  isErasing: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  /** Seconds to live from the last write, once ended. */
  ttl: z.number().optional(),
});

export type JobDocument = z.infer<typeof jobDocumentSchema>;
export type JobClaim = z.infer<typeof claim>;
export type JobFitting = z.infer<typeof fitting>;
export type JobAttempt = z.infer<typeof attempt>;
export type OpenCall = z.infer<typeof openCall>;
export type JobReplay = z.infer<typeof replay>;

export function hasEnded(document: Pick<JobDocument, 'state'>): boolean {
  return !['queued', 'running', 'parked'].includes(document.state);
}

/** Ended without a result, for a reason: its message lies in the dead-letter queue, and it can be replayed. */
export function isDeadLetter(document: Pick<JobDocument, 'state'>): boolean {
  return document.state === 'dead-lettered' || document.state === 'expired';
}
