import { z } from 'zod';
import { deadLetterReasons } from './dead-letter-reason.ts';
import { type Problem, toProblems } from './job-envelope.ts';
import { jobIdSchema } from './job-id.ts';
import { parseInstant } from './parse-instant.ts';
import type { JobFilter } from './job-store.ts';
import { type JobPatch, jobPatchSchema } from './job-patch.ts';

/** Dead letters that one call takes at the most. */
const largestSelection = 500;

const filterShape = {
  reason: z.enum(deadLetterReasons).optional(),
  batchId: jobIdSchema.optional(),
  tenant: jobIdSchema.optional(),
  pool: z.string().min(1).max(260).optional(),
};

const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with a zone' });

const selectionShape = {
  ids: z.array(jobIdSchema).min(1).max(largestSelection).optional(),
  ...filterShape,
  before: instant.optional(),
  all: z.literal(true).optional(),
  after: jobIdSchema.optional(),
  dryRun: z.boolean().optional(),
  limit: z.int().min(1).max(largestSelection).optional(),
};

const noSelection = 'names no dead letter: give ids, reason, batchId, tenant, pool or before, or "all": true';
const twoSelections = 'goes without a filter: the ids say which';

const replaySchema = z.strictObject({ ...selectionShape, patch: jobPatchSchema.optional() });

const messageSchema = z.strictObject({
  queue: z.string().min(1).max(260),
  sequenceNumber: z.string().regex(/^\d{1,20}$/u, 'must be a sequence number'),
});

const purgeSchema = z.strictObject({
  ...selectionShape,
  messages: z.array(messageSchema).min(1).max(largestSelection).optional(),
});

/** Which dead letters a call means. */
export interface DeadLetterSelection {
  /** These; otherwise those of the filter. */
  readonly ids: readonly string[] | undefined;
  readonly filter: JobFilter;
  /** The filter's page begins behind this id. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly isDryRun: boolean;
}

export interface MessageName {
  readonly queue: string;
  readonly sequenceNumber: string;
}

export type ReadSelection<Selection> =
  | { readonly kind: 'valid'; readonly selection: Selection }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

export type ReplaySelection = DeadLetterSelection & { readonly patch: JobPatch | undefined };

/** Messages that no document stands for are purged by name, or with the filter. */
export type PurgeSelection = DeadLetterSelection & { readonly messages: readonly MessageName[] | undefined };

/** Reads the body of a replay from parsed JSON. */
export function readReplaySelection(value: unknown): ReadSelection<ReplaySelection> {
  const parsed = replaySchema.safeParse(value);
  if (!parsed.success) {
    return { kind: 'invalid', problems: parsed.error.issues.flatMap(toProblems) };
  }
  const problems = problemsOf(parsed.data, false);
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'valid', selection: { ...toSelection(parsed.data), patch: parsed.data.patch } };
}

/** Reads the body of a purge from parsed JSON. */
export function readPurgeSelection(value: unknown): ReadSelection<PurgeSelection> {
  const parsed = purgeSchema.safeParse(value);
  if (!parsed.success) {
    return { kind: 'invalid', problems: parsed.error.issues.flatMap(toProblems) };
  }
  const { messages } = parsed.data;
  const problems = problemsOf(parsed.data, messages !== undefined);
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'valid', selection: { ...toSelection(parsed.data), messages } };
}

type Given = z.infer<z.ZodObject<typeof selectionShape>>;

function problemsOf(given: Given, namesMessages: boolean): readonly Problem[] {
  const { ids, reason, batchId, tenant, pool, before, all } = given;
  const hasFilter = [reason, batchId, tenant, pool, before, all].some((one) => one !== undefined);
  if (hasFilter && (ids !== undefined || namesMessages)) {
    return [{ path: ids === undefined ? 'messages' : 'ids', message: twoSelections }];
  }
  return hasFilter || ids !== undefined || namesMessages ? [] : [{ path: '', message: noSelection }];
}

function toSelection(given: Given): DeadLetterSelection {
  const { ids, reason, batchId, tenant, pool, before, after, dryRun = false, limit = largestSelection } = given;
  const endedBefore = before === undefined ? undefined : parseInstant(before);
  const filter = { reason, batchId, tenant, pool, endedBefore };
  return { ids: ids === undefined ? undefined : [...new Set(ids)], filter, after, limit, isDryRun: dryRun };
}

const listSchema = z.strictObject({
  ...filterShape,
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: jobIdSchema.optional(),
  messagesAfter: z
    .string()
    .regex(/^[^~]{1,260}~\d{1,20}$/u, 'must be the "nextMessage" of a page')
    .optional(),
});

export interface DeadLetterListing {
  readonly filter: JobFilter;
  readonly limit: number;
  readonly after: string | undefined;
  /** Where the page of messages without a document begins. */
  readonly messagesAfter: MessageName | undefined;
}

/** Reads the query of a list. */
export function readListing(query: Readonly<Record<string, string>>): ReadSelection<DeadLetterListing> {
  const parsed = listSchema.safeParse(query);
  if (!parsed.success) {
    return { kind: 'invalid', problems: parsed.error.issues.flatMap(toProblems) };
  }
  const { limit, after, messagesAfter, ...filter } = parsed.data;
  const [queue = '', sequenceNumber = ''] = messagesAfter?.split('~') ?? [];
  const place = messagesAfter === undefined ? undefined : { queue, sequenceNumber };
  return { kind: 'valid', selection: { filter, limit, after, messagesAfter: place } };
}
