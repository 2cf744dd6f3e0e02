/** The `usage` of a chat completion, with the details that the service sends. */
export function usage(tokens: {
  readonly prompt: number;
  readonly completion: number;
  readonly reasoning: number;
}): ChatUsage {
  return {
    completion_tokens: tokens.completion,
    completion_tokens_details: {
      accepted_prediction_tokens: 0,
      audio_tokens: 0,
      reasoning_tokens: tokens.reasoning,
      rejected_prediction_tokens: 0,
    },
    prompt_tokens: tokens.prompt,
    prompt_tokens_details: { audio_tokens: 0, cached_tokens: 0 },
    total_tokens: tokens.prompt + tokens.completion,
  };
}

export interface ChatUsage {
  readonly completion_tokens: number;
  readonly completion_tokens_details: Readonly<Record<string, number>>;
  readonly prompt_tokens: number;
  readonly prompt_tokens_details: Readonly<Record<string, number>>;
  readonly total_tokens: number;
}
