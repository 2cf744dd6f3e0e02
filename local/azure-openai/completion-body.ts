import { harmless, harmlessPrompt, violent } from './content-filter.ts';
import type { DraftChoice } from './draft-completion.ts';
import type { ChatUsage } from './usage.ts';

/** What names one completion in all its chunks. */
export interface CompletionIdentity {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
}

export const systemFingerprint = 'fp_sluice0001';

/** A chat completion in one piece, with the annotations of Azure's content filter. */
export function completionBody(
  identity: CompletionIdentity,
  choices: readonly DraftChoice[],
  usage: ChatUsage,
): Readonly<Record<string, unknown>> {
  return {
    choices: choices.map((choice, index) => ({
      content_filter_results: choice.finishReason === 'content_filter' ? violent : harmless,
      finish_reason: choice.finishReason,
      index,
      logprobs: null,
      message: { annotations: [], content: choice.pieces.join(''), refusal: null, role: 'assistant' },
    })),
    created: identity.created,
    id: identity.id,
    model: identity.model,
    object: 'chat.completion',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: harmlessPrompt }],
    system_fingerprint: systemFingerprint,
    usage,
  };
}
