import { z } from 'zod';

/** What the simulator reads of a JSON schema; keywords of a wrong type count as absent. */
const fields = z.object({
  $ref: z.string().optional().catch(undefined),
  additionalProperties: z.unknown().optional(),
  allOf: z.array(z.unknown()).optional().catch(undefined),
  anyOf: z.array(z.unknown()).min(1).optional().catch(undefined),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).min(1).optional().catch(undefined),
  exclusiveMaximum: z.number().optional().catch(undefined),
  exclusiveMinimum: z.number().optional().catch(undefined),
  format: z.string().optional().catch(undefined),
  items: z.unknown().optional(),
  maxItems: z.number().optional().catch(undefined),
  maxLength: z.number().optional().catch(undefined),
  maximum: z.number().optional().catch(undefined),
  minItems: z.number().optional().catch(undefined),
  minLength: z.number().optional().catch(undefined),
  minimum: z.number().optional().catch(undefined),
  multipleOf: z.number().positive().optional().catch(undefined),
  oneOf: z.array(z.unknown()).min(1).optional().catch(undefined),
  pattern: z.string().optional().catch(undefined),
  prefixItems: z.array(z.unknown()).optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
  required: z.array(z.string()).optional().catch(undefined),
  type: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .catch(undefined),
});

export type JsonSchema = z.infer<typeof fields>;

/** Undefined for what is no schema object, `true` and `false` among it. */
export function readSchema(value: unknown): JsonSchema | undefined {
  const parsed = fields.safeParse(value);
  return parsed.success && !Array.isArray(value) ? parsed.data : undefined;
}

const record = z.record(z.string(), z.unknown());

/** What a reference of the same document points at: `#`, `#/$defs/name`; undefined when there is nothing. */
export function resolveReference(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) {
    return undefined;
  }
  let at = root;
  for (const key of reference.slice(1).split('/').slice(1)) {
    const parsed = record.safeParse(at);
    at = parsed.success ? parsed.data[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return at;
}
