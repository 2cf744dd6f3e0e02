import type { JsonObject } from '../json.ts';
import { textCounting, type CountingDeps, type TextCount, type TextCounting } from './text-counting.ts';
import { defaultImageRule, type ImageRule } from './image-tokens.ts';
import type { CountedPrompt, PromptCount, PromptPart } from './prompt-count.ts';
import { readChatPrompt, readEmbeddingsPrompt, type PromptTexts } from './read-prompt.ts';
import { utf8Length } from './utf8-length.ts';

export interface PromptCounting extends CountingDeps {
  readonly operation: 'chat' | 'embeddings';
  /** Tokens of images for the model; gpt-4o's when absent. */
  readonly imageRule?: ImageRule | undefined;
  /** Give an upper bound instead of a count when the bytes show that no more than this is there. */
  readonly enoughTokens?: number | undefined;
  /**
   * Places of the messages in the order in which they are to be counted; those that it does not name come last. It tells
   * which are left uncounted above `stopAboveTokens`.
   */
  readonly countFirst?: Iterable<number> | undefined;
}

/**
 * Prompt tokens of a request body: exact for the texts (o200k_base and cl100k_base were checked against tiktoken), 3 a
 * message, its role, 1 for a name and 3 for the reply; tool definitions, tool calls and images are estimates. Linear in
 * the body's size, at most about 1.7 s of CPU a MB, in turns of some 10 ms.
 */
export async function countPrompt(body: JsonObject, options: PromptCounting): Promise<PromptCount> {
  const texts =
    options.operation === 'chat'
      ? await readChatPrompt(body, options.imageRule ?? defaultImageRule, options.yieldToEventLoop)
      : await readEmbeddingsPrompt(body, options.yieldToEventLoop);
  if ('kind' in texts) {
    return texts;
  }
  const bound = options.enoughTokens === undefined ? undefined : boundByBytes(texts);
  if (bound !== undefined && options.enoughTokens !== undefined && bound.tokens <= options.enoughTokens) {
    return bound;
  }
  return countTexts(texts, options);
}

function boundByBytes(texts: PromptTexts): CountedPrompt {
  const parts = texts.parts.map((part, index) => ({
    index,
    role: part.role,
    tokens: part.overheadTokens + part.estimatedTokens + bytesOf(part.texts) + bytesOf(part.estimatedTexts),
    leastTokens: 0,
  }));
  const tokens = sum(parts.map((part) => part.tokens)) + texts.overheadTokens + bytesOf(texts.estimatedTexts);
  return { kind: 'counted', tokens, leastTokens: 0, precision: 'atMost', parts };
}

async function countTexts(texts: PromptTexts, options: PromptCounting): Promise<CountedPrompt> {
  const counting = textCounting(options);
  const parts: PromptPart[] = [];
  const around = await countAll(texts.estimatedTexts, counting);
  let { isStopped } = around;
  for (const index of countingOrder(texts.parts.length, options.countFirst)) {
    const part = texts.parts[index];
    if (part === undefined || isStopped) {
      break;
    }
    const sure = await countAll(part.texts, counting);
    const estimated = await countAll(part.estimatedTexts, counting);
    parts.push({
      index,
      role: part.role,
      tokens: part.overheadTokens + sure.tokens + estimated.tokens + part.estimatedTokens,
      leastTokens: part.overheadTokens + Math.max(0, sure.tokens - sure.forcedCuts),
    });
    isStopped = sure.isStopped || estimated.isStopped;
  }
  return {
    kind: 'counted',
    tokens: texts.overheadTokens + around.tokens + sum(parts.map((part) => part.tokens)),
    leastTokens: texts.overheadTokens + sum(parts.map((part) => part.leastTokens)),
    precision: isStopped ? 'atLeast' : 'counted',
    parts: parts.toSorted((left, right) => left.index - right.index),
  };
}

/** Each place below `length` once: those of `first`, then the others. */
function* countingOrder(length: number, first: Iterable<number> = []): Generator<number, void, undefined> {
  const isTold = new Uint8Array(length);
  for (const place of first) {
    if (isTold[place] === 0) {
      isTold[place] = 1;
      yield place;
    }
  }
  for (let place = 0; place < length; place += 1) {
    if (isTold[place] === 0) {
      yield place;
    }
  }
}

async function countAll(texts: readonly string[], counting: TextCounting): Promise<TextCount> {
  let tokens = 0;
  let forcedCuts = 0;
  let isStopped = false;
  for (const text of texts) {
    const counted = await counting.count(text);
    tokens += counted.tokens;
    forcedCuts += counted.forcedCuts;
    isStopped = counted.isStopped;
  }
  return { tokens, forcedCuts, isStopped };
}

function bytesOf(texts: readonly string[]): number {
  return sum(texts.map(utf8Length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
