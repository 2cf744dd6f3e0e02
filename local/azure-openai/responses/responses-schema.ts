import { z } from 'zod';

import { functionSchema } from '../chat/chat-schema.ts';

const responseTool = z.looseObject({ type: z.string() });
export const responseFunction = functionSchema.extend({ type: z.literal('function') });

const textFormat = z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) });

export const schemaTextFormat = z.looseObject({
  name: z.string().max(64),
  schema: z.record(z.string(), z.unknown()),
  strict: z.boolean().nullish(),
});

export const responsesSchema = z.looseObject({
  input: z.union([z.string(), z.array(z.looseObject({ type: z.string().optional() })).min(1)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  reasoning: z
    .looseObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
      summary: z.string().nullish(),
    })
    .nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z
    .looseObject({ format: textFormat.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  tools: z.array(responseTool).max(128).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  include: z.array(z.string()).nullish(),
  background: z.boolean().nullish(),
  user: z.string().nullish(),
});

export type ResponsesBody = z.infer<typeof responsesSchema>;

/** Fields of the reference; the ones in no schema above are taken and have no effect, unless they are refused by name. */
export const knownResponsesFields: ReadonlySet<string> = new Set([
  ...Object.keys(responsesSchema.shape),
  'conversation',
  'max_tool_calls',
  'model',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'stream_options',
]);
