import type { CountedPrompt, PromptPart } from '../tokens/prompt-count.ts';
import type { ModelEntry } from './model-catalogue.ts';

export type PromptFit =
  | { readonly kind: 'fits' }
  | {
      readonly kind: 'overflows';
      readonly promptTokens: number;
      /** Output tokens that the request asks for by name; 0 when it names none. */
      readonly outputTokens: number;
      /** The window that was exceeded: the prompt's own, or the one for prompt and answer together. */
      readonly windowTokens: number;
      readonly overByTokens: number;
      /** The largest messages (or inputs), largest first, at most five. */
      readonly largestMessages: readonly PromptPart[];
    };

const LARGEST_MESSAGES = 5;

/**
 * Does the prompt fit the model's window? As the service judges it: the prompt must fit the input limit, and the prompt
 * with the output that the request *names* must fit the context. A request that names none is judged by its prompt
 * alone. For gpt-4o and its like the two limits are one ("maximum context length is 128000 tokens. However, you
 * requested 130000 tokens (120000 in the messages, 10000 in the completion)"); gpt-5 has an input limit of its own. Each
 * input of an embeddings request is judged by itself.
 *
 * Only tokens of which there is no doubt count against the window (`leastTokens`): a prompt that may fit is for the
 * service to judge.
 */
export function fitPrompt(prompt: {
  readonly count: CountedPrompt;
  /** Output tokens that the request names for one answer; undefined when it names none. */
  readonly requestedOutputTokens: number | undefined;
  readonly model: Pick<ModelEntry, 'operation' | 'contextTokens' | 'inputTokens'>;
}): PromptFit {
  const { count, model } = prompt;
  return model.operation === 'embeddings'
    ? fitInputs(count, model.inputTokens)
    : fitChat(count, prompt.requestedOutputTokens ?? 0, model);
}

function fitChat(
  count: CountedPrompt,
  outputTokens: number,
  model: Pick<ModelEntry, 'contextTokens' | 'inputTokens'>,
): PromptFit {
  const isOverInput = count.leastTokens > model.inputTokens;
  if (!isOverInput && count.leastTokens + outputTokens <= model.contextTokens) {
    return { kind: 'fits' };
  }
  const isInputLimited = isOverInput && model.inputTokens < model.contextTokens;
  const windowTokens = isInputLimited ? model.inputTokens : model.contextTokens;
  const neededTokens = isInputLimited ? count.tokens : count.tokens + outputTokens;
  return overflow(count, {
    promptTokens: count.tokens,
    outputTokens,
    windowTokens,
    overByTokens: neededTokens - windowTokens,
  });
}

/** The parts of an embeddings request have no overhead; what cutting added to them is at most 1 in `MAX_RUN_LENGTH`. */
function fitInputs(count: CountedPrompt, windowTokens: number): PromptFit {
  const doubtfulTokens = count.tokens - count.leastTokens;
  const largest = Math.max(0, ...largestParts(count).map((part) => part.tokens));
  if (largest - doubtfulTokens <= windowTokens) {
    return { kind: 'fits' };
  }
  return overflow(count, {
    promptTokens: largest,
    outputTokens: 0,
    windowTokens,
    overByTokens: largest - windowTokens,
  });
}

function overflow(
  count: CountedPrompt,
  figures: {
    readonly promptTokens: number;
    readonly outputTokens: number;
    readonly windowTokens: number;
    readonly overByTokens: number;
  },
): PromptFit {
  return { kind: 'overflows', ...figures, largestMessages: largestParts(count) };
}

/** In one pass: a prompt may have a hundred thousand parts. */
/** The largest messages (or inputs), largest first, at most five. */
export function largestParts(count: CountedPrompt): readonly PromptPart[] {
  let largest: readonly PromptPart[] = [];
  for (const part of count.parts) {
    if (largest.length < LARGEST_MESSAGES || part.tokens > (largest.at(-1)?.tokens ?? 0)) {
      const sorted = [...largest, part].toSorted((left, right) => right.tokens - left.tokens);
      largest = sorted.slice(0, LARGEST_MESSAGES);
    }
  }
  return largest;
}
