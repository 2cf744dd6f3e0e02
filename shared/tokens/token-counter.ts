/** The vocabularies of the models carried: `gpt-4`, `gpt-3.5` and the embeddings use the older one. */
export type Encoding = 'o200k_base' | 'cl100k_base';

/**
 * Counts the tokens of short texts (port). The work is CPU-bound and, on a long run without a break, quadratic: callers
 * go through `textCounting`, which cuts such runs and gives the event loop its turns.
 */
export interface TokenCounter {
  /** Loads the vocabulary (about 100 ms of CPU and 66 MB, once); resolves at once when it is loaded. */
  readonly prepare: (encoding: Encoding) => Promise<void>;
  /**
   * Tokens of `text`, 0 for an empty one. Text that looks like a special token (`<|endoftext|>`) is counted as text.
   * Throws an AppError `tokens.not_prepared` when `prepare` has not resolved for this encoding.
   */
  readonly countText: (text: string, encoding: Encoding) => number;
}
