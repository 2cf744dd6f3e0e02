import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { jsonPath, type JsonProblem } from '../json/json-limits.ts';
import { isDeeperThan, isJsonArray, isJsonObject, jsonAt } from '../tokens/json-guards.ts';
import { jobIdSchema } from './job-id.ts';
import { parseInstant } from './parse-instant.ts';

/** As many pairs as an OpenAI batch may carry: they travel in the message and stay in the document. */
const mostMetadata = 16;

/** Unknown keys of one object that are told. */
const mostUnknown = 20;

const mostRegions = 50;

/** Deeper JSON than this is refused before anything walks it. */
const deepest = 64;

const operations = new Map([
  ['/v1/chat/completions', 'chat'],
  ['/chat/completions', 'chat'],
  ['/v1/embeddings', 'embeddings'],
  ['/embeddings', 'embeddings'],
] as const);

export type JobOperation = 'chat' | 'embeddings';

/** S1: `url` is matched against this closed list and never joined to an address. */
const urlSchema = z.enum(['/v1/chat/completions', '/chat/completions', '/v1/embeddings', '/embeddings']);

const positive = z.int().positive().optional().nullable();

/** The fields of a body that Sluice itself reads; every other one passes through to the model untouched. */
export const knownBodySchema = z.looseObject({
  model: z.string({ error: 'must name the model' }).min(1).max(256),
  max_tokens: positive,
  max_completion_tokens: positive,
  n: z.int().min(1).max(128).optional().nullable(),
  stream: z.boolean().optional().nullable(),
  data_sources: z.never({ error: 'is refused: a job must not send requests to addresses of its own' }).optional(),
});

export const bodySchema = z
  .custom<JsonObject>(isJsonObject, 'must be an object')
  .refine((body) => !isDeeperThan(body, deepest), { message: `is nested deeper than ${deepest} levels`, abort: true })
  .superRefine((body, context) => {
    for (const issue of knownBodySchema.safeParse(knownFields(body)).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    }
  });

/** The rest is not copied: a body may have tens of thousands of fields. */
function knownFields(body: JsonObject): JsonObject {
  const names = Object.keys(knownBodySchema.shape).filter((name) => Object.hasOwn(body, name));
  return Object.fromEntries(names.map((name) => [name, body[name] ?? null]));
}

const requestSchema = z
  .strictObject({ method: z.literal('POST'), url: urlSchema, body: bodySchema })
  .superRefine(({ url, body }, context) => {
    if (operations.get(url) === 'chat' && (!Array.isArray(body['messages']) || body['messages'].length === 0)) {
      context.addIssue({
        code: 'custom',
        path: ['body', 'messages'],
        message: 'must be an array of at least one message',
      });
    }
    if (operations.get(url) === 'embeddings' && typeof body['input'] !== 'string' && !Array.isArray(body['input'])) {
      context.addIssue({ code: 'custom', path: ['body', 'input'], message: 'must be a string or an array' });
    }
  });

/** Kept as text: the message and the digest hold what the caller wrote. */
const deadlineSchema = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with a zone' });

export const optionsSchema = z.strictObject({
  regions: z
    .array(z.string().min(1).max(63))
    .min(1)
    .max(mostRegions)
    .optional()
    .describe('The only regions that may serve the job (residency).'),
  priority: z.enum(['normal', 'high']).optional().describe('"high" is pulled before "normal", the default.'),
  onOverflow: z
    .enum(['dead-letter', 'trim', 'reduce-output'], { error: 'must be "dead-letter", "trim" or "reduce-output"' })
    .optional()
    .describe(
      'What happens to a request that does not fit the window of its model: it is dead-lettered (the default), the oldest turns of the conversation are left out ("trim"), or the maximum output is lowered to what fits ("reduce-output").',
    ),
  maxCostUsd: z
    .number()
    .positive()
    .optional()
    .describe('The job is dead-lettered, unsent, when its worst case costs more. In USD.'),
  deadline: deadlineSchema.optional().describe('ISO 8601 with a zone; past it the job ends "expired", unsent.'),
  stream: z.boolean().optional().describe('Read the answer as a stream; it is stored whole either way.'),
  metadata: z
    .record(z.string().min(1).max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= mostMetadata, `holds more than ${mostMetadata} keys`)
    .optional()
    .describe('Given back with the job; never sent to the model.'),
});

/** One job as a caller submits it, over HTTP or straight onto a queue. The descriptions go into the JSON Schema. */
export const jobEnvelopeSchema = z.strictObject({
  v: z.literal(1).optional().describe('Version of the contract; may be left out.'),
  id: jobIdSchema.optional().describe("The job's id; on a queue the message id when absent."),
  customId: jobIdSchema
    .optional()
    .describe("The caller's own name for the job, given back on its line of the batch's results."),
  batchId: jobIdSchema.optional().describe('Jobs of one batch are counted and read together.'),
  tenant: jobIdSchema.optional().describe('Whom the job is for.'),
  request: requestSchema.describe("The model request, as on a line of OpenAI's batch files."),
  options: optionsSchema.optional(),
});

/** A bare line of an OpenAI batch file. */
export const batchLineSchema = z
  .strictObject({ custom_id: jobIdSchema, method: z.literal('POST'), url: urlSchema, body: bodySchema })
  .transform(({ custom_id, ...request }, context): JobEnvelope | typeof z.NEVER => {
    const parsed = requestSchema.safeParse(request);
    for (const issue of parsed.error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    }
    return parsed.success ? { customId: custom_id, request: parsed.data } : z.NEVER;
  });

export type JobRequest = z.infer<typeof requestSchema>;
export type JobOptions = z.infer<typeof optionsSchema>;

export interface JobEnvelope {
  readonly id?: string | undefined;
  /** The caller's own name for it: the `custom_id` of a bare batch line. */
  readonly customId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly tenant?: string | undefined;
  readonly request: JobRequest;
  readonly options?: JobOptions | undefined;
}

/** One thing that is wrong with an input, and where: `request.body.model`. */
export type Problem = JsonProblem;

export type ParsedEnvelope =
  | { readonly kind: 'valid'; readonly envelope: JobEnvelope }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads one job from parsed JSON: an envelope, or a bare batch line (told apart by `custom_id`). Never throws. */
export function parseJobEnvelope(value: unknown): ParsedEnvelope {
  if (!isJsonObject(value)) {
    return { kind: 'invalid', problems: [{ path: '', message: 'a job must be a JSON object' }] };
  }
  const oversize = findOversize(value);
  if (oversize !== undefined) {
    return { kind: 'invalid', problems: [oversize] };
  }
  const schema = Object.hasOwn(value, 'custom_id') ? batchLineSchema : jobEnvelopeSchema;
  const parsed = schema.safeParse(value);
  return parsed.success
    ? { kind: 'valid', envelope: parsed.data }
    : { kind: 'invalid', problems: parsed.error.issues.flatMap(toProblems) };
}

/** Refuses by their size what a schema would look through entry by entry, with an issue for each. */
export function findOversize(envelope: JsonObject): Problem | undefined {
  const options = jsonAt(envelope, 'options');
  if (isLargerThan(jsonAt(options, 'regions'), mostRegions)) {
    return { path: 'options.regions', message: `holds more than ${mostRegions} regions` };
  }
  return isLargerThan(jsonAt(options, 'metadata'), mostMetadata)
    ? { path: 'options.metadata', message: `holds more than ${mostMetadata} keys` }
    : undefined;
}

function isLargerThan(value: unknown, most: number): boolean {
  if (isJsonArray(value)) {
    return value.length > most;
  }
  return isJsonObject(value) && Object.keys(value).length > most;
}

export function operationOf(request: JobRequest): JobOperation {
  return operations.get(request.url) ?? 'chat';
}

export function modelOf(request: JobRequest): string {
  const model = request.body['model'];
  return typeof model === 'string' ? model : '';
}

export function isStreamed(envelope: JobEnvelope): boolean {
  return envelope.options?.stream ?? envelope.request.body['stream'] === true;
}

/** Epoch ms of the job's deadline. */
export function deadlineOf(envelope: Pick<JobEnvelope, 'options'>): number | undefined {
  const text = envelope.options?.deadline;
  return text === undefined ? undefined : parseInstant(text);
}

/** An issue as problems: one for each unknown key, as far as a reader would follow. */
export function toProblems(issue: z.core.$ZodIssue): readonly Problem[] {
  return issue.code === 'unrecognized_keys'
    ? issue.keys
        .slice(0, mostUnknown)
        .map((key) => ({ path: jsonPath([...issue.path, key]), message: 'is not a known field' }))
    : [{ path: jsonPath(issue.path), message: issue.message }];
}
