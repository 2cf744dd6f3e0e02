import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { batchLineSchema, bodySchema, jobEnvelopeSchema, knownBodySchema } from '../shared/jobs/job-envelope.ts';
import { jobIdSchema } from '../shared/jobs/job-id.ts';

/**
 * `npm run schema`: writes `docs/job-message.schema.json`, the contract of a message that another service puts on a
 * queue (and of a job that it posts), from the schema that the app itself parses with.
 *
 * Two rules of the app are refinements, which JSON Schema cannot be derived from: what a body must hold by its `url`
 * (here: one form of request for each operation), and how deep it may be nested (here: in words).
 */
export const schemaPath = fileURLToPath(new URL('../docs/job-message.schema.json', import.meta.url));

type JsonSchema = z.core.JSONSchema.BaseSchema;

const draft = 'https://json-schema.org/draft/2020-12/schema';

const messages: JsonSchema = { type: 'array', minItems: 1, items: {}, description: 'The messages of the chat.' };
const input: JsonSchema = { type: ['string', 'array'], description: 'The text, or the texts or tokens, to embed.' };

/** The forms of a request: its `url` says what its body must hold. */
const forms = [
  { title: 'Chat', urls: ['/v1/chat/completions', '/chat/completions'], field: 'messages', fieldSchema: messages },
  { title: 'Embeddings', urls: ['/v1/embeddings', '/embeddings'], field: 'input', fieldSchema: input },
] as const;

export function jobMessageSchema(): JsonSchema {
  const envelope = derive(jobEnvelopeSchema);
  return {
    $schema: draft,
    title: 'Sluice job',
    description:
      'One job, as the JSON body of a message on the queue "jobs" (or on the queue of a pool), or as POSTed to /api/jobs: an envelope, or a bare line of an OpenAI batch file.',
    examples: [...examples],
    anyOf: [
      {
        title: 'Envelope',
        ...envelope,
        properties: { ...envelope.properties, request: byOperation(propertyOf(envelope, 'request')) },
      },
      {
        description:
          'A bare line of an OpenAI batch file. The job id is its custom_id, behind "{batch id}:" in a batch.',
        ...byOperation(derive(batchLineSchema), 'Batch line'),
      },
    ],
  };
}

function derive(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === bodySchema) {
        Object.assign(jsonSchema, bodyJson());
      }
      if (zodSchema === jobIdSchema) {
        Object.assign(jsonSchema, { pattern: String.raw`^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$` });
      }
    },
  });
  return json;
}

function bodyJson(): JsonSchema {
  const { $schema: _draft, ...json } = z.toJSONSchema(knownBodySchema, { io: 'input' });
  return {
    description:
      'The body of the model request. Fields that are not named here pass through to the model untouched. Nested at most 64 levels deep.',
    ...json,
  };
}

/** An object with `url` and `body` as a choice of forms, each with its own addresses and its own body. */
function byOperation(schema: JsonSchema, title?: string): JsonSchema {
  const { description, ...object } = schema;
  const body = propertyOf(schema, 'body');
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: forms.map((form) => ({
      title: title === undefined ? form.title : `${title}: ${form.title.toLowerCase()}`,
      ...object,
      properties: {
        ...object.properties,
        url: { type: 'string', enum: [...form.urls] },
        body: {
          ...body,
          properties: { ...body.properties, [form.field]: form.fieldSchema },
          required: [...(body.required ?? []), form.field],
        },
      },
    })),
  };
}

function propertyOf(schema: JsonSchema, name: string): JsonSchema {
  const property = schema.properties?.[name];
  if (typeof property !== 'object') {
    throw new TypeError(`The derived schema has no property "${name}".`);
  }
  return property;
}

const examples = [
  {
    id: 'invoice-4711',
    batchId: 'invoices-january',
    request: {
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'Which currency is this invoice in? …' }],
        max_tokens: 50,
      },
    },
    options: { priority: 'high', deadline: '2030-01-31T08:00:00+01:00', metadata: { source: 'mailbox' } },
  },
  {
    custom_id: 'text-1',
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'text-embedding-3-small', input: ['first text', 'second text'] },
  },
] as const;

if (import.meta.main) {
  await writeFile(schemaPath, `${JSON.stringify(jobMessageSchema(), undefined, 2)}\n`);
}
