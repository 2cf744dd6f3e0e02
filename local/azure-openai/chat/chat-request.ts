import { type AnswerFormat, plainText, readAnswerFormat } from './answer-format.ts';
import { type ChatMessage, readMessages } from './chat-messages.ts';
import { type ChatBody, chatSchema, knownChatFields } from './chat-schema.ts';
import { checkParameters, readMaxTokens } from './check-parameters.ts';
import type { ModelFacts } from '../model-facts.ts';
import { parseRequest, refuseUnknownFields } from '../parse-request.ts';
import { notCarried } from '../service-error.ts';
import { noTools, readToolSettings, type ToolSettings } from './tool-settings.ts';

/** What the simulator needs of a chat completion request, or of one of the Responses API put as such. */
export interface ChatRequest {
  readonly operation: 'chat';
  /** How an error names the prompt. */
  readonly promptParam: 'messages' | 'input';
  /** A prompt that is too long was asked to be cut, which is not carried. */
  readonly isTruncatable: boolean;
  readonly messages: readonly ChatMessage[];
  /** `max_completion_tokens` or `max_tokens`, undefined when the caller set none. */
  readonly maxTokens: number | undefined;
  /** Choices asked for. */
  readonly choices: number;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly stops: readonly string[];
  readonly tools: ToolSettings;
  readonly format: AnswerFormat;
  /** Alternatives told beside the log probability of each token; undefined: no log probabilities. */
  readonly topLogprobs: number | undefined;
  readonly seed: number | undefined;
}

export function readChatRequest(body: unknown, model: ModelFacts): ChatRequest {
  const request = parseRequest(chatSchema, body);
  refuseUnknownFields(request, knownChatFields);
  refuseUncarried(request);
  checkParameters(request, model);
  const messages = readMessages(request.messages, model.imageRule);
  return {
    operation: 'chat',
    promptParam: 'messages',
    isTruncatable: false,
    messages,
    maxTokens: readMaxTokens(request, model),
    choices: request.n ?? 1,
    isStreamed: request.stream ?? false,
    includesUsage: request.stream_options?.include_usage ?? false,
    stops: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    tools: hasTools(request) ? readToolSettings(request) : noTools,
    format:
      request.response_format === null || request.response_format === undefined
        ? plainText
        : readAnswerFormat(request.response_format, messages),
    topLogprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : undefined,
    seed: request.seed ?? undefined,
  };
}

function hasTools({ function_call, functions, parallel_tool_calls, tool_choice, tools }: ChatBody): boolean {
  return [tools, functions, tool_choice, function_call, parallel_tool_calls].some((field) => (field ?? null) !== null);
}

function refuseUncarried(request: ChatBody): void {
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
