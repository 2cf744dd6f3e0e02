import { z } from 'zod';

import type { ModelFacts } from './model-facts.ts';
import { parseRequest, refuseUnknownFields } from './parse-request.ts';
import { invalidRequest, notCarried } from './service-error.ts';

/** What the simulator needs of a chat completion request. */
export interface ChatRequest {
  readonly operation: 'chat';
  readonly messages: readonly ChatMessage[];
  /** `max_completion_tokens` or `max_tokens`, undefined when the caller set none. */
  readonly maxTokens: number | undefined;
  /** Choices asked for. */
  readonly choices: number;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly stops: readonly string[];
  /** `tools` or `functions` as JSON: they take tokens, but are never called. */
  readonly toolsJson: string | undefined;
}

interface ChatMessage {
  readonly role: string;
  /** Text parts in their order: one for plain content. */
  readonly texts: readonly string[];
  readonly name: string | undefined;
  /** Tool calls of an assistant's turn as JSON. */
  readonly callsJson: string | undefined;
}

export function readChatRequest(
  body: unknown,
  model: Pick<ModelFacts, 'isReasoning' | 'maxOutputTokens'>,
): ChatRequest {
  const request = parseRequest(chatSchema, body);
  refuseUnknownFields(request, knownFields);
  refuseUncarried(request);
  return {
    operation: 'chat',
    messages: request.messages.map((message, index) => readMessage(message, index)),
    maxTokens: readMaxTokens(request, model),
    choices: request.n ?? 1,
    isStreamed: request.stream ?? false,
    includesUsage: request.stream_options?.include_usage ?? false,
    stops: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    toolsJson: jsonOf(request.tools ?? request.functions),
  };
}

const contentPart = z.looseObject({ type: z.string() });
const messageSchema = z.looseObject({
  role: z.enum(['system', 'assistant', 'user', 'function', 'tool', 'developer']),
  content: z.union([z.string(), z.array(contentPart), z.null()]).optional(),
  name: z.string().optional(),
  tool_calls: z.array(z.unknown()).optional(),
});

const tokenBound = z.int().min(1).nullish();
const chatSchema = z.looseObject({
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
  seed: z.int().nullish(),
  user: z.string().nullish(),
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  functions: z.array(z.looseObject({ name: z.string() })).nullish(),
  response_format: z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) }).nullish(),
  logprobs: z.boolean().nullish(),
  modalities: z.array(z.string()).nullish(),
});

/** Fields of the 2024-10-21 reference and of v1; the ones in no schema above are taken and have no effect. */
const knownFields: ReadonlySet<string> = new Set([
  ...Object.keys(chatSchema.shape),
  'model',
  'audio',
  'data_sources',
  'function_call',
  'logit_bias',
  'metadata',
  'parallel_tool_calls',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning_effort',
  'safety_identifier',
  'service_tier',
  'store',
  'tool_choice',
  'top_logprobs',
  'user_security_context',
  'verbosity',
  'web_search_options',
]);

type ChatBody = z.infer<typeof chatSchema>;

function refuseUncarried(request: ChatBody): void {
  if (request.logprobs === true) {
    throw notCarried('log probabilities', 'logprobs');
  }
  if (request.modalities?.some((modality) => modality !== 'text') === true || (request['audio'] ?? null) !== null) {
    throw notCarried('audio output', 'modalities');
  }
  if ((request['data_sources'] ?? null) !== null) {
    throw notCarried('Azure OpenAI On Your Data', 'data_sources');
  }
  if ((request['web_search_options'] ?? null) !== null) {
    throw notCarried('web search', 'web_search_options');
  }
}

function readMaxTokens(
  request: ChatBody,
  model: Pick<ModelFacts, 'isReasoning' | 'maxOutputTokens'>,
): number | undefined {
  const old = request.max_tokens ?? undefined;
  const current = request.max_completion_tokens ?? undefined;
  if (old !== undefined && current !== undefined) {
    throw invalidRequest({
      message: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: 'max_tokens',
      code: 'invalid_parameter_combination',
    });
  }
  if (old !== undefined && model.isReasoning) {
    throw invalidRequest({
      message:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    });
  }
  const asked = current ?? old;
  if (asked !== undefined && asked > model.maxOutputTokens) {
    const param = current === undefined ? 'max_tokens' : 'max_completion_tokens';
    throw invalidRequest({
      message:
        `${param} is too large: ${asked}. This model supports at most ${model.maxOutputTokens} completion tokens, ` +
        `whereas you provided ${asked}.`,
      param,
      code: 'invalid_value',
    });
  }
  return asked;
}

function readMessage(message: z.infer<typeof messageSchema>, index: number): ChatMessage {
  const content = message.content ?? null;
  if (content === null && message.role !== 'assistant') {
    throw invalidRequest({
      message: "Invalid value for 'content': expected a string, got null.",
      param: `messages.[${index}].content`,
      code: null,
    });
  }
  return {
    role: message.role,
    texts:
      typeof content === 'string' ? [content] : (content ?? []).map((part, place) => readPart(part, [index, place])),
    name: message.name,
    callsJson: jsonOf(message.tool_calls),
  };
}

function readPart(part: z.infer<typeof contentPart>, at: readonly [message: number, part: number]): string {
  const [message, place] = at;
  const param = `messages[${message}].content[${place}]`;
  if (part.type === 'text' || part.type === 'refusal') {
    const text = part[part.type];
    if (typeof text !== 'string') {
      throw invalidRequest({
        message: `Missing required parameter: '${param}.${part.type}'.`,
        param: `${param}.${part.type}`,
        code: 'missing_required_parameter',
      });
    }
    return text;
  }
  const features: Readonly<Record<string, string>> = {
    image_url: 'image input',
    input_audio: 'audio input',
    file: 'file input',
  };
  const feature = features[part.type];
  throw feature === undefined
    ? invalidRequest({
        message: `Invalid value: '${part.type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.`,
        param: `${param}.type`,
        code: 'invalid_value',
      })
    : notCarried(feature, param);
}

function jsonOf(value: readonly unknown[] | null | undefined): string | undefined {
  return value === null || value === undefined || value.length === 0 ? undefined : JSON.stringify(value);
}
