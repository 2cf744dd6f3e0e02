/** One answer as the tokens it comes in. */
export interface DraftChoice {
  /** Of its text; none when it calls functions. */
  readonly pieces: readonly string[];
  readonly calls: readonly DraftCall[];
  /** Thought before anything is said: billed and never told. None when absent. */
  readonly reasoningTokens?: number | undefined;
  readonly finishReason: 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'function_call';
}

/** A function that the model calls. */
export interface DraftCall {
  readonly id: string;
  readonly name: string;
  /** Tokens of the name: they are billed as well. */
  readonly nameTokens: number;
  /** Of the arguments' JSON. */
  readonly pieces: readonly string[];
}

/** Billed tokens of a choice. */
export function choiceTokens({ calls, pieces, reasoningTokens = 0 }: DraftChoice): number {
  return calls.reduce((sum, call) => sum + call.nameTokens + call.pieces.length, pieces.length + reasoningTokens);
}

/** Billed tokens of several, and how many of them were reasoning. */
export function tokensOf(choices: readonly DraftChoice[]): { readonly completion: number; readonly reasoning: number } {
  return {
    completion: choices.reduce((sum, choice) => sum + choiceTokens(choice), 0),
    reasoning: choices.reduce((sum, { reasoningTokens = 0 }) => sum + reasoningTokens, 0),
  };
}
