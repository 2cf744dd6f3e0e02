import type { Json, JsonObject } from '../json.ts';
import { countAt, isJsonArray, jsonAt, textAt } from './json-guards.ts';

/** What the limiter was seen to add when a request names no maximum. */
const DEFAULT_OUTPUT_TOKENS = 640;

/**
 * The cost in tokens that the service adds to a deployment's tokens per minute when it admits a request: a character
 * count, not billing tokens, and the unused part of the output is not given back.
 *
 * - chat: Σ over text parts (⌊characters / 4⌋ + 1), plus the maximum output (`defaultOutputTokens` when none is named: 640 was seen) times the number of
 *   answers (`best_of` in the documentation, `n` in a chat);
 * - embeddings: ⌈characters / 4⌉ an input; an input of tokens costs its tokens.
 *
 * Characters are UTF-16 units. The service does not say which it counts; units are never fewer than code points, so this
 * choice can only reserve too much, never too little (B1). Whatever a body holds, the answer is a whole number ≥ 1.
 *
 * Source: observed by github.com/stuartleeks/aoai-testing, `results/`; documented in MicrosoftDocs/azure-ai-docs,
 * `articles/foundry/openai/includes/quota-2.md`.
 */
export function estimateCost(
  operation: 'chat' | 'embeddings',
  body: JsonObject,
  defaultOutputTokens: number = DEFAULT_OUTPUT_TOKENS,
): number {
  return operation === 'chat' ? estimateChat(body, defaultOutputTokens) : estimateEmbeddings(body);
}

/** The most output tokens that a body asks for in one answer; undefined when it names none. */
export function requestedOutputTokens(body: JsonObject): number | undefined {
  const newer = countAt(body, 'max_completion_tokens');
  const older = countAt(body, 'max_tokens');
  return newer === undefined || older === undefined ? (newer ?? older) : Math.max(newer, older);
}

/** How many answers a body asks for: `n`, or `best_of` when that is larger; at least 1. */
export function requestedAnswers(body: JsonObject): number {
  return Math.max(1, countAt(body, 'n') ?? 1, countAt(body, 'best_of') ?? 1);
}

function estimateChat(body: JsonObject, defaultOutputTokens: number): number {
  const messages = jsonAt(body, 'messages');
  let cost = 0;
  for (const message of isJsonArray(messages) ? messages : []) {
    const content = jsonAt(message, 'content');
    if (typeof content === 'string') {
      cost += textCost(content);
    } else if (isJsonArray(content)) {
      for (const part of content) {
        cost += textCost(textAt(part, 'text'));
      }
    }
  }
  const output = requestedOutputTokens(body) ?? defaultOutputTokens;
  return bounded(cost + output * requestedAnswers(body));
}

function textCost(text: string | undefined): number {
  return text === undefined ? 0 : Math.floor(text.length / 4) + 1;
}

function estimateEmbeddings(body: JsonObject): number {
  const input = jsonAt(body, 'input');
  if (isJsonArray(input)) {
    return bounded(input.reduce<number>((total, item) => total + inputCost(item), 0));
  }
  return bounded(input === undefined ? 0 : inputCost(input));
}

function inputCost(input: Json): number {
  if (typeof input === 'string') {
    return Math.ceil(input.length / 4);
  }
  return isJsonArray(input) ? input.length : 1;
}

function bounded(cost: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, cost));
}
