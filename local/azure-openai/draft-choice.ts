/** One answer as the tokens it comes in. */
export interface DraftChoice {
  /** Of its text; none when it calls functions. */
  readonly pieces: readonly string[];
  readonly calls: readonly DraftCall[];
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
export function choiceTokens({ calls, pieces }: DraftChoice): number {
  return calls.reduce((sum, call) => sum + call.nameTokens + call.pieces.length, pieces.length);
}
