import type { Json, JsonObject } from '../json.ts';
import { countAt, isJsonArray, isJsonObject, jsonAt, textAt } from '../tokens/json-guards.ts';
import type { Completion, Usage } from './call-outcome.ts';
import type { Operation } from './model-client.ts';

/**
 * Reads a response body as a completion, undefined when it is none. The body is kept as it is, unknown fields included.
 * A body without readable usage gets figures of 0, marked as estimated: count them.
 */
export function readCompletion(operation: Operation, body: JsonObject): Completion | undefined {
  const isWhole =
    operation === 'chat' ? isListOf(jsonAt(body, 'choices'), isChoice) : isListOf(jsonAt(body, 'data'), isEmbedding);
  if (!isWhole) {
    return undefined;
  }
  const choices = jsonAt(body, 'choices');
  return {
    body,
    usage: readUsage(jsonAt(body, 'usage')) ?? unknownUsage,
    finishReason: isJsonArray(choices) ? textAt(choices[0], 'finish_reason') : undefined,
    responseModel: textAt(body, 'model'),
    responseId: textAt(body, 'id'),
  };
}

/** Usage as the service reports it; undefined without the two figures that make it up. */
function readUsage(usage: Json | undefined): Usage | undefined {
  const promptTokens = countAt(usage, 'prompt_tokens');
  const completionTokens = countAt(usage, 'completion_tokens') ?? (isJsonObject(usage) ? 0 : undefined);
  if (promptTokens === undefined || completionTokens === undefined) {
    return undefined;
  }
  const cachedPromptTokens = countAt(jsonAt(usage, 'prompt_tokens_details'), 'cached_tokens') ?? 0;
  return {
    promptTokens,
    completionTokens,
    totalTokens: countAt(usage, 'total_tokens') ?? promptTokens + completionTokens,
    cachedPromptTokens: Math.min(cachedPromptTokens, promptTokens),
    reasoningTokens: countAt(jsonAt(usage, 'completion_tokens_details'), 'reasoning_tokens') ?? 0,
    isEstimated: false,
  };
}

const unknownUsage: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  totalTokens: 0,
  cachedPromptTokens: 0,
  reasoningTokens: 0,
  isEstimated: true,
};

function isListOf(list: Json | undefined, isItem: (item: Json) => boolean): boolean {
  return isJsonArray(list) && list.length > 0 && list.every(isItem);
}

function isChoice(choice: Json): boolean {
  return isJsonObject(jsonAt(choice, 'message'));
}

/** A list of numbers, or base64 text when the request asked for that. */
function isEmbedding(item: Json): boolean {
  const embedding = jsonAt(item, 'embedding');
  return typeof embedding === 'string' || isJsonArray(embedding);
}
