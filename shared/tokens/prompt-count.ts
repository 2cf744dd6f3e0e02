/** What counting a request body led to. A malformed body is a value: nothing here throws on what a job says. */
export type PromptCount = CountedPrompt | MalformedPrompt;

export interface CountedPrompt {
  readonly kind: 'counted';
  /** Prompt tokens as the service will most likely bill them; what `precision` says about them. */
  readonly tokens: number;
  /**
   * Prompt tokens of which there is no doubt: `tokens` without what is only estimated (tools, images, tool calls) and
   * without what cutting long runs may have added. A prompt may be refused by this figure alone.
   */
  readonly leastTokens: number;
  /**
   * `counted`: every text went through the tokenizer. `atMost`: the bytes already fitted into `enoughTokens`, and
   * `tokens` is an upper bound. `atLeast`: counting stopped above `stopAboveTokens`.
   */
  readonly precision: 'counted' | 'atMost' | 'atLeast';
  /** One for each message or input, in order of their places (fewer when `atLeast`). */
  readonly parts: readonly PromptPart[];
}

export interface PromptPart {
  /** Place in `messages`, or in `input`. */
  readonly index: number;
  /** The message's role; `input` for embeddings. */
  readonly role: string;
  readonly tokens: number;
  /** Those of its tokens of which there is no doubt. */
  readonly leastTokens: number;
}

export interface MalformedPrompt {
  readonly kind: 'malformed';
  /** Where in the body, as `messages[3].content`. */
  readonly path: string;
  /** What is wrong there; never the value itself. */
  readonly problem: string;
}
