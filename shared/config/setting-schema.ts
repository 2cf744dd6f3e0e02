import { z } from 'zod';
import { poolsSchema, regionsSchema } from './region-settings.ts';

/** A setting that holds JSON: read once here, so that a mistake is reported by the setting's name and path. */
function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not valid JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const seconds = (fallback: number, range: { readonly min: number; readonly max: number }) =>
  z.coerce.number().min(range.min).max(range.max).default(fallback);
const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const text = z.string().min(1);

/** A price list and window override for one model; what is absent comes from the catalogue. */
const modelOverrideSchema = z.strictObject({
  name: text,
  operation: z.enum(['chat', 'embeddings']).optional(),
  encoding: z.enum(['o200k_base', 'cl100k_base']).optional(),
  contextTokens: z.int().positive().optional(),
  inputTokens: z.int().positive().optional(),
  outputTokens: z.int().nonnegative().optional(),
  prices: z
    .strictObject({
      inputUsd: z.number().nonnegative(),
      cachedInputUsd: z.number().nonnegative(),
      outputUsd: z.number().nonnegative(),
    })
    .optional(),
});

export type ModelSettings = z.infer<typeof modelOverrideSchema>;

/**
 * Every setting that the app reads, by its name in the environment. `local.settings.sample.json` and the README's table
 * hold the same names; a test compares the three.
 */
export const settingSchema = z.object({
  REGIONS: json(regionsSchema),
  POOLS: json(poolsSchema).optional(),
  MODELS: json(z.array(modelOverrideSchema)).optional(),
  ServiceBus: text.optional(),
  ServiceBus__fullyQualifiedNamespace: text.optional(),
  COSMOS_ENDPOINT: z.url(),
  COSMOS_KEY: text.optional(),
  COSMOS_DATABASE: text.default('sluice'),
  AzureWebJobsStorage: text.optional(),
  AzureWebJobsStorage__blobServiceUri: z.url().optional(),
  PAYLOADS_BLOB_SERVICE_URI: z.url().optional(),
  PAYLOADS_CONTAINER: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]$/u, 'must be a blob container name')
    .default('sluice-payloads'),
  AZURE_OPENAI_SCOPE: z.url().default('https://cognitiveservices.azure.com/.default'),
  LANES: count(8, 64),
  LEAST_LANES: count(1, 64),
  PULL_WINDOW_SECONDS: seconds(240, { min: 1, max: 1500 }),
  PULL_AHEAD_SECONDS: seconds(2, { min: 0.1, max: 30 }),
  IDLE_SECONDS: seconds(5, { min: 0.1, max: 60 }),
  MAX_JOBS_IN_HAND: count(400, 5000),
  CALL_TIMEOUT_SECONDS: seconds(270, { min: 1, max: 1740 }),
  STREAM_FIRST_SECONDS: z.coerce.number().min(1).max(1740).optional(),
  STREAM_IDLE_SECONDS: seconds(60, { min: 1, max: 600 }),
  PARK_SECONDS: seconds(10, { min: 0.1, max: 3600 }),
  MAX_FAILED_CALLS: count(20, 1000),
  MAX_RETRY_HOURS: z.coerce.number().min(0.01).max(720).default(24),
  RESULT_TTL_DAYS: z.coerce.number().int().min(1).max(3650).optional(),
  TRACE_FILE: text.optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: text.optional(),
  /** Set by Azure: the Functions host then writes the request rows itself. */
  WEBSITE_SITE_NAME: text.optional(),
});

export type SettingValues = z.infer<typeof settingSchema>;
