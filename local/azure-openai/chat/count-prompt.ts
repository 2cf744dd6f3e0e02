import type { ChatRequest } from './chat-request.ts';
import type { EmbeddingsRequest } from '../embeddings/embeddings-request.ts';
import type { TokenCounter } from '../token-counter.ts';

/**
 * Prompt tokens as they are billed: 3 a message, its role, its texts, 1 and itself for a name, 3 for the reply
 * (OpenAI's cookbook, "How to count tokens"). Tools, tool calls and schemas count as their JSON, which is close, not exact;
 * images by the model's rule.
 */
export async function countPrompt(request: ChatRequest, count: TokenCounter): Promise<number> {
  let tokens = 3;
  for (const message of request.messages) {
    tokens += 4;
    for (const text of message.texts) {
      tokens += await count(text);
    }
    for (const image of message.images ?? []) {
      tokens += image.tokens;
    }
    if (message.name !== undefined) {
      tokens += 1 + (await count(message.name));
    }
    if (message.callsJson !== undefined) {
      tokens += await count(message.callsJson);
    }
  }
  for (const json of definitions(request)) {
    tokens += await count(json);
  }
  return tokens;
}

/** What the model reads beside the messages: the tools, and the schema of the answer. */
function definitions({ format, tools }: ChatRequest): readonly string[] {
  return [
    ...(tools.json === undefined ? [] : [tools.json]),
    ...(format.kind === 'json-schema' ? [JSON.stringify(format.schema)] : []),
  ];
}

/** Tokens of each input. */
export async function countInputs(request: EmbeddingsRequest, count: TokenCounter): Promise<readonly number[]> {
  const tokens: number[] = [];
  for (const input of request.inputs) {
    tokens.push(typeof input === 'string' ? await count(input) : input.length);
  }
  return tokens;
}

/** Characters ÷ 4, for instant answers. */
export function guessPrompt(request: ChatRequest): number {
  let characters = 0;
  for (const message of request.messages) {
    for (const text of message.texts) {
      characters += text.length;
    }
    for (const image of message.images ?? []) {
      characters += 4 * image.tokens;
    }
  }
  return Math.ceil(characters / 4) + 4 * request.messages.length + 3;
}
