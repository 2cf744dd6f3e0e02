import { z } from 'zod';
import { readShortJson } from '../json/read-json.ts';
import { isJsonObject } from '../tokens/json-guards.ts';
import {
  findOversize,
  type JobEnvelope,
  jobEnvelopeSchema,
  parseJobEnvelope,
  type Problem,
  toProblems,
} from './job-envelope.ts';
import { requestName } from '../payloads/payload-name.ts';
import { isJobId, jobIdSchema } from './job-id.ts';
import { ofBody } from './read-body.ts';

/**
 * A job as it travels in a message. The request is inside, or stored under our own prefix when it is large.
 * Other services send an envelope or a batch line; `v`, `digest` and `requestRef` are Sluice's own.
 */
const storedMessageSchema = z
  .strictObject({
    ...jobEnvelopeSchema.omit({ request: true }).shape,
    v: z.literal(1),
    id: jobIdSchema,
    requestRef: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/u, 'must be a SHA-256 in hexadecimal'),
  })
  // S1: a message names the stored request of its own job, and no other payload.
  .refine(({ id, digest, requestRef }) => requestRef === requestName(id, digest), {
    path: ['requestRef'],
    message: 'must be the name of this job’s stored request',
  });

export type JobMessage = { readonly id: string } & (
  | { readonly kind: 'inline'; readonly envelope: JobEnvelope }
  | { readonly kind: 'stored'; readonly requestRef: string; readonly digest: string; readonly envelope: EnvelopeHead }
);

/** An envelope without its request. */
export type EnvelopeHead = Omit<JobEnvelope, 'request'>;

export type ParsedMessage =
  | { readonly kind: 'valid'; readonly message: JobMessage }
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly problems: readonly Problem[] };

/**
 * Reads a message's body (the value of `readBody`, or a short text), which anybody with rights to send may have written. The job's id is the envelope's, the batch
 * line's `custom_id` (behind the batch id, when there is one), or the message id.
 */
export function parseJobMessage(input: {
  readonly body: unknown;
  readonly messageId: string | undefined;
  readonly batchId: string | undefined;
}): ParsedMessage {
  const read = typeof input.body === 'string' ? ofBody(readShortJson(input.body)) : undefined;
  if (read?.kind === 'invalid') {
    return invalid(input.messageId, read.problems);
  }
  const value = read === undefined ? input.body : read.value;
  if (value === undefined || value === null || value instanceof Uint8Array) {
    return invalid(input.messageId, [{ path: '', message: 'the body is not JSON' }]);
  }
  if (isJsonObject(value) && Object.hasOwn(value, 'requestRef')) {
    const oversize = findOversize(value);
    const stored = oversize === undefined ? storedMessageSchema.safeParse(value) : undefined;
    if (stored?.success !== true) {
      return invalid(
        Object.hasOwn(value, 'id') ? value['id'] : input.messageId,
        oversize === undefined ? (stored?.error.issues ?? []).flatMap(toProblems) : [oversize],
      );
    }
    const { requestRef, digest, v: _version, ...envelope } = stored.data;
    return { kind: 'valid', message: { kind: 'stored', id: stored.data.id, requestRef, digest, envelope } };
  }
  return fromEnvelope(value, input);
}

function fromEnvelope(
  value: unknown,
  input: { readonly messageId: string | undefined; readonly batchId: string | undefined },
): ParsedMessage {
  const parsed = parseJobEnvelope(value);
  if (parsed.kind === 'invalid') {
    const given = isJsonObject(value) && Object.hasOwn(value, 'id') ? value['id'] : input.messageId;
    return invalid(given, parsed.problems);
  }
  const batchId = parsed.envelope.batchId ?? (isJobId(input.batchId) ? input.batchId : undefined);
  const id = parsed.envelope.id ?? idOfLine(parsed.envelope.customId, batchId) ?? input.messageId;
  if (!isJobId(id)) {
    const message = 'is absent, and neither custom_id nor the message id can serve as the job id';
    return invalid(undefined, [{ path: 'id', message }]);
  }
  return { kind: 'valid', message: { kind: 'inline', id, envelope: { ...parsed.envelope, id, batchId } } };
}

/** `custom_id`s repeat from file to file, so inside a batch the batch's id goes before them. */
export function idOfLine(customId: string | undefined, batchId: string | undefined): string | undefined {
  return customId === undefined || batchId === undefined ? customId : `${batchId}:${customId}`;
}

/**
 * The JSON that Sluice itself puts on a queue; a reference in place of a request that is stored. `written` is a request
 * that is JSON already.
 */
export function toMessageText(job: {
  readonly id: string;
  readonly envelope: EnvelopeHead;
  readonly digest: string;
  readonly request:
    | { readonly ref: string }
    | { readonly inline: JobEnvelope['request'] }
    | { readonly written: string };
}): string {
  const { customId, batchId, tenant, options } = job.envelope;
  const head = { v: 1, id: job.id, customId, batchId, tenant, options };
  if ('written' in job.request) {
    return `${JSON.stringify(head).slice(0, -1)},"request":${job.request.written}}`;
  }
  const request =
    'ref' in job.request ? { requestRef: job.request.ref, digest: job.digest } : { request: job.request.inline };
  return JSON.stringify({ ...head, ...request });
}

function invalid(id: unknown, problems: readonly Problem[]): ParsedMessage {
  return { kind: 'invalid', id: isJobId(id) ? id : undefined, problems };
}
