import { harmless, harmlessPrompt, violent } from '../chat/content-filter.ts';
import type { DraftCall, DraftChoice } from '../chat/draft-choice.ts';
import { logProbabilities, type RankedToken } from '../chat/log-probabilities.ts';
import type { ResponsesRequest } from './responses-request.ts';

export interface MessageItem {
  readonly id: string;
  readonly type: 'message';
  readonly status: ItemStatus;
  readonly role: 'assistant';
  readonly content: readonly OutputText[];
}

export interface CallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What the model thought: that it did, not what. */
export interface ReasoningItem {
  readonly id: string;
  readonly type: 'reasoning';
  readonly summary: readonly never[];
}

export type OutputItem = ReasoningItem | MessageItem | CallItem;

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

interface OutputText {
  readonly type: 'output_text';
  readonly annotations: readonly never[];
  readonly logprobs: readonly RankedToken[];
  readonly text: string;
}

export interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** A response as far as the simulator itself reads it again. */
export interface ResponseBody extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly previous_response_id: string | null;
  readonly output: readonly OutputItem[];
  readonly usage: ResponseUsage | null;
}

/** What names one response. */
export interface ResponseIdentity {
  /** Hexadecimal; `resp_` and its like are put before it. */
  readonly key: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly model: string;
}

export function outputItems(key: string, choice: DraftChoice, topLogprobs: number | undefined): readonly OutputItem[] {
  const { reasoningTokens = 0 } = choice;
  const thought = reasoningTokens === 0 ? [] : [{ id: `rs_${key}`, type: 'reasoning', summary: [] } as const];
  if (thought.length > 0 && choice.pieces.length === 0 && choice.calls.length === 0) {
    return thought;
  }
  return [...thought, ...saidItems(key, choice, topLogprobs)];
}

function saidItems(key: string, choice: DraftChoice, topLogprobs: number | undefined): readonly OutputItem[] {
  const status = incompleteReasons.has(choice.finishReason) ? 'incomplete' : 'completed';
  if (choice.calls.length > 0) {
    return choice.calls.map((call, index) => callItem(call, { id: `fc_${key}${index}`, status }));
  }
  const logprobs = topLogprobs === undefined ? [] : logProbabilities(choice.pieces, topLogprobs);
  const content = [{ type: 'output_text', annotations: [], logprobs, text: choice.pieces.join('') } as const];
  return [{ id: `msg_${key}`, type: 'message', status, role: 'assistant', content }];
}

function callItem(call: DraftCall, facts: { readonly id: string; readonly status: ItemStatus }): CallItem {
  const { id: callId, name, pieces } = call;
  return { ...facts, type: 'function_call', call_id: callId, name, arguments: pieces.join('') };
}

/** A response before its output, as the first events of a stream carry it. */
export function openResponse(identity: ResponseIdentity, { body, chat, isStored }: ResponsesRequest): ResponseBody {
  return {
    id: `resp_${identity.key}`,
    object: 'response',
    created_at: identity.createdAt,
    status: 'in_progress',
    background: false,
    content_filters: null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body['max_tool_calls'] ?? null,
    model: identity.model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body['prompt_cache_key'] ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    safety_identifier: body['safety_identifier'] ?? null,
    service_tier: 'default',
    store: isStored,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: body.text?.verbosity ?? 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: chat.topLogprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage: null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

/** The same response with its output. */
export function endResponse(
  open: ResponseBody,
  end: { readonly choice: DraftChoice; readonly output: readonly OutputItem[]; readonly usage: ResponseUsage },
): ResponseBody {
  const { choice, output, usage } = end;
  const reason = incompleteReasons.get(choice.finishReason);
  const isCut = choice.finishReason === 'content_filter';
  return {
    ...open,
    status: reason === undefined ? 'completed' : 'incomplete',
    content_filters: [
      { blocked: false, source_type: 'prompt', content_filter_results: harmlessPrompt },
      { blocked: isCut, source_type: 'completion', content_filter_results: isCut ? violent : harmless },
    ],
    incomplete_details: reason === undefined ? null : { reason },
    output,
    usage,
  };
}

const incompleteReasons: ReadonlyMap<string, string> = new Map([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

export function responseUsage(tokens: {
  readonly prompt: number;
  readonly completion: number;
  readonly reasoning: number;
}): ResponseUsage {
  return {
    input_tokens: tokens.prompt,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: tokens.completion,
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: tokens.prompt + tokens.completion,
  };
}
