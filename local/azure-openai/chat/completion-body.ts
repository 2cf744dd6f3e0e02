import { harmless, harmlessPrompt, violent } from './content-filter.ts';
import type { DraftCall, DraftChoice } from './draft-choice.ts';
import { logProbabilities, type RankedToken } from './log-probabilities.ts';
import type { ChatUsage } from '../calls/usage.ts';

/** What names one completion in all its chunks. */
export interface CompletionIdentity {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
}

/** How choices are put into words beside their text. */
export interface ChoiceForm {
  /** Alternatives of each token; undefined: no log probabilities. */
  readonly topLogprobs: number | undefined;
  /** A call is told as `function_call`. */
  readonly isLegacy: boolean;
}

export const systemFingerprint = 'fp_sluice0001';

/** A chat completion in one piece, with the annotations of Azure's content filter. */
export function completionBody(
  identity: CompletionIdentity,
  answer: { readonly choices: readonly DraftChoice[]; readonly form: ChoiceForm; readonly usage: ChatUsage },
): Readonly<Record<string, unknown>> {
  const { choices, form, usage } = answer;
  return {
    choices: choices.map((choice, index) => ({
      content_filter_results: choice.finishReason === 'content_filter' ? violent : harmless,
      finish_reason: choice.finishReason,
      index,
      logprobs: chatLogprobs(choice.pieces, form.topLogprobs),
      message: messageOf(choice, form),
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

function messageOf({ calls, pieces }: DraftChoice, { isLegacy }: ChoiceForm): Readonly<Record<string, unknown>> {
  const head = {
    annotations: [],
    content: calls.length === 0 ? pieces.join('') : null,
    refusal: null,
    role: 'assistant',
  };
  const [first] = calls;
  if (first === undefined) {
    return head;
  }
  return isLegacy
    ? { ...head, function_call: functionOf(first) }
    : { ...head, tool_calls: calls.map((call) => ({ function: functionOf(call), id: call.id, type: 'function' })) };
}

function functionOf({ name, pieces }: DraftCall): { readonly arguments: string; readonly name: string } {
  return { arguments: pieces.join(''), name };
}

/** `logprobs` of a choice, or of a part of it. */
export function chatLogprobs(
  pieces: readonly string[],
  top: number | undefined,
): { readonly content: readonly RankedToken[] | null; readonly refusal: null } | null {
  if (top === undefined) {
    return null;
  }
  return { content: pieces.length === 0 ? null : logProbabilities(pieces, top), refusal: null };
}
