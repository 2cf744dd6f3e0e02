import type { Json, JsonObject } from '../json.ts';
import { countAt, isJsonArray, jsonAt, textAt } from './json-guards.ts';

/** How a deployment's limiter counts: both figures were seen, neither is documented. */
export interface CostRule {
  /** Characters that count as one token. */
  readonly charactersPerToken: number;
  /** Output tokens of a request that names no maximum. */
  readonly defaultMaxTokens: number;
}

const usualRule: CostRule = { charactersPerToken: 4, defaultMaxTokens: 640 };

/**
 * The cost in tokens that the service adds to a deployment's tokens per minute when it admits a request: a character
 * count, not billing tokens, and the unused part of the output is not given back.
 *
 * - chat: Σ over text parts (⌊characters / 4⌋ + 1), plus the maximum output (640 when none is named) times the number of
 *   answers (`best_of` in the documentation, `n` in a chat);
 * - embeddings: ⌈characters / 4⌉ an input; an input of tokens costs its tokens.
 *
 * The 4 and the 640 are those of the usual rule; a deployment may have others.
 *
 * Characters are UTF-16 units. The service does not say which it counts; units are never fewer than code points, so this
 * choice can only reserve too much, never too little (B1). Whatever a body holds, the answer is a whole number ≥ 1.
 *
 * Source: observed by github.com/stuartleeks/aoai-testing, `results/`; documented in MicrosoftDocs/azure-ai-docs,
 * `articles/foundry/openai/includes/quota-2.md`.
 */
export function estimateCost(operation: 'chat' | 'embeddings', body: JsonObject, rule: CostRule = usualRule): number {
  return operation === 'chat' ? estimateChat(body, rule) : estimateEmbeddings(body, rule);
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

function estimateChat(body: JsonObject, rule: CostRule): number {
  const messages = jsonAt(body, 'messages');
  let cost = 0;
  for (const message of isJsonArray(messages) ? messages : []) {
    const content = jsonAt(message, 'content');
    if (typeof content === 'string') {
      cost += textCost(content, rule);
    } else if (isJsonArray(content)) {
      for (const part of content) {
        cost += textCost(textAt(part, 'text'), rule);
      }
    }
  }
  const output = requestedOutputTokens(body) ?? rule.defaultMaxTokens;
  return bounded(cost + output * requestedAnswers(body));
}

function textCost(text: string | undefined, { charactersPerToken }: CostRule): number {
  return text === undefined ? 0 : Math.floor(text.length / charactersPerToken) + 1;
}

function estimateEmbeddings(body: JsonObject, rule: CostRule): number {
  const input = jsonAt(body, 'input');
  if (isJsonArray(input)) {
    return bounded(input.reduce<number>((total, item) => total + inputCost(item, rule), 0));
  }
  return bounded(input === undefined ? 0 : inputCost(input, rule));
}

function inputCost(input: Json, { charactersPerToken }: CostRule): number {
  if (typeof input === 'string') {
    return Math.ceil(input.length / charactersPerToken);
  }
  return isJsonArray(input) ? input.length : 1;
}

function bounded(cost: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, cost));
}
