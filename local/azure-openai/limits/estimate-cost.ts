import type { ChatRequest } from '../chat/chat-request.ts';
import type { EmbeddingsRequest } from '../embeddings/embeddings-request.ts';

/**
 * What a call adds to the token window when it is admitted: an estimate from characters, not what is billed.
 *
 * Chat: Σ over text parts (⌊characters ÷ 4⌋ + 1) + (`max_tokens` or the default) × choices; images by their tokens, of
 * which nothing has been observed.
 * Embeddings: ⌈characters ÷ 4⌉ over all inputs; ids of tokens count as one each.
 * Source: the measurements in stuartleeks/aoai-testing, and Azure OpenAI's quota page for the use of `max_tokens`.
 */
export function estimateCost(request: ChatRequest | EmbeddingsRequest, defaultMaxTokens: number): number {
  if (request.operation === 'embeddings') {
    let characters = 0;
    let tokens = 0;
    for (const input of request.inputs) {
      if (typeof input === 'string') {
        characters += input.length;
      } else {
        tokens += input.length;
      }
    }
    return Math.ceil(characters / 4) + tokens;
  }
  let prompt = 0;
  for (const message of request.messages) {
    for (const text of message.texts) {
      prompt += Math.floor(text.length / 4) + 1;
    }
    for (const image of message.images ?? []) {
      prompt += image.tokens;
    }
  }
  return prompt + (request.maxTokens ?? defaultMaxTokens) * request.choices;
}

/**
 * What a call adds to the utilisation of a provisioned deployment: prompt tokens as they are counted, and `max_tokens`
 * or the default × choices × the weight of output. In input tokens, rounded up.
 */
export function estimateProvisionedCost(
  request: ChatRequest | EmbeddingsRequest,
  facts: { readonly promptTokens: number; readonly defaultMaxTokens: number; readonly outputWeight: number },
): number {
  const { defaultMaxTokens, outputWeight, promptTokens } = facts;
  const output = request.operation === 'embeddings' ? 0 : (request.maxTokens ?? defaultMaxTokens) * request.choices;
  return Math.ceil(promptTokens + output * outputWeight);
}
