import { z } from 'zod';

/** A part of a message's content; `chat-messages.ts` reads it by its type. */
export const contentPart = z.looseObject({ type: z.string() });

export const messageSchema = z.looseObject({
  role: z.enum(['system', 'assistant', 'user', 'function', 'tool', 'developer']),
  content: z.union([z.string(), z.array(contentPart), z.null()]).optional(),
  name: z.string().optional(),
  tool_calls: z.array(z.looseObject({ id: z.string() })).optional(),
  tool_call_id: z.string().optional(),
});

const functionName = z
  .string()
  .regex(/^[\w-]+$/u, "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'")
  .max(64);

export const functionSchema = z.looseObject({
  name: functionName,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const tokenBound = z.int().min(1).nullish();

export const chatSchema = z.looseObject({
  messages: z.array(messageSchema).min(1).max(2048),
  max_tokens: tokenBound,
  max_completion_tokens: tokenBound,
  n: z.int().min(1).max(128).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  seed: z.int().nullish(),
  user: z.string().nullish(),
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .min(1)
    .max(128)
    .nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(functionSchema).min(1).max(128).nullish(),
  function_call: z.union([z.string(), z.looseObject({ name: z.string() })]).nullish(),
  response_format: z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) }).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  modalities: z.array(z.string()).nullish(),
});

export type ChatBody = z.infer<typeof chatSchema>;

/** Fields of the 2024-10-21 reference and of v1; the ones in no schema above are taken and have no effect. */
export const knownChatFields: ReadonlySet<string> = new Set([
  ...Object.keys(chatSchema.shape),
  'model',
  'audio',
  'data_sources',
  'metadata',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'user_security_context',
  'verbosity',
  'web_search_options',
]);
