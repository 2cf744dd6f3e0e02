/** What was done to a request so that it fits its model's window. What is sent is less than what the job holds. */
export type Fitting = Trimmed | OutputReduced;

export interface Trimmed {
  readonly kind: 'trimmed';
  readonly droppedTurns: number;
  readonly droppedMessages: number;
  /** At least these: of a conversation of many windows the oldest messages are not counted. */
  readonly droppedTokens: number;
  readonly keptMessages: number;
  /** Prompt tokens of what is sent. */
  readonly keptTokens: number;
  readonly correction?: CountCorrection | undefined;
}

export interface OutputReduced {
  readonly kind: 'output-reduced';
  /** The most output tokens of one answer, as the job names them and as they are sent. */
  readonly fromTokens: number;
  readonly toTokens: number;
  readonly correction?: CountCorrection | undefined;
}

/** What a refusal of the service said of its windows and of our count, in tokens. */
export interface CountCorrection {
  /** Window of prompt and answer together. */
  readonly contextTokens: number;
  /** Window of the prompt. */
  readonly inputTokens: number;
  /** By how much the service's count of the prompt exceeds ours; below 0 where ours is the higher. */
  readonly uncountedTokens: number;
}
