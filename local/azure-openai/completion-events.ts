import { systemFingerprint, type CompletionIdentity } from './completion-body.ts';
import { harmless, harmlessPrompt, violent } from './content-filter.ts';
import type { DraftChoice } from './draft-completion.ts';
import type { ChatUsage } from './usage.ts';

export interface EventSource {
  readonly identity: CompletionIdentity;
  readonly choices: readonly DraftChoice[];
  /** Sent in a last chunk of its own; undefined when the caller did not ask for it. */
  readonly usage: ChatUsage | undefined;
}

/**
 * The server-sent events of a streamed completion, in steps that are due together: first the filter's results of the
 * prompt and each choice's role, then one step a token, at last the finish reasons, the usage and `[DONE]`.
 * Azure's first chunk has no choices, but `prompt_filter_results`; with `include_usage` all chunks but the last have
 * `usage: null`.
 */
export function completionEvents(source: EventSource): readonly string[] {
  const { choices } = source;
  const open = openChunk(source);
  const steps: string[] = [promptFilterEvent + choices.map((_, index) => roleEvent(open, index)).join('')];
  const longest = Math.max(...choices.map((choice) => choice.pieces.length));
  for (let place = 0; place < longest; place += 1) {
    let step = '';
    for (const [index, choice] of choices.entries()) {
      const piece = choice.pieces[place];
      step += piece === undefined ? '' : contentEvent(open, { index, piece });
    }
    steps.push(step);
  }
  const finish = choices.map((choice, index) => finishEvent(open, { index, choice })).join('');
  const last = source.usage === undefined ? '' : usageEvent(source.identity, source.usage);
  steps.push(`${finish}${last}data: [DONE]\n\n`);
  return steps;
}

/** An error in the middle of a stream whose status was 200. */
export function errorEvent(body: unknown): string {
  return event(body);
}

/** Everything of a chunk after its choices; put together once, since there is one chunk a token. */
function openChunk(source: EventSource): string {
  const { created, id, model } = source.identity;
  const rest = {
    created,
    id,
    model,
    object: 'chat.completion.chunk',
    system_fingerprint: systemFingerprint,
    ...(source.usage === undefined ? {} : { usage: null }),
  };
  return JSON.stringify(rest).slice(1);
}

function roleEvent(rest: string, index: number): string {
  const delta = { content: '', refusal: null, role: 'assistant' };
  return chunk(rest, { content_filter_results: {}, delta, finish_reason: null, index, logprobs: null });
}

const harmlessJson = JSON.stringify(harmless);

function contentEvent(rest: string, part: { readonly index: number; readonly piece: string }): string {
  const delta = `{"content":${JSON.stringify(part.piece)}}`;
  const choice =
    `{"content_filter_results":${harmlessJson},"delta":${delta},"finish_reason":null,` +
    `"index":${part.index},"logprobs":null}`;
  return `data: {"choices":[${choice}],${rest}\n\n`;
}

function finishEvent(rest: string, part: { readonly index: number; readonly choice: DraftChoice }): string {
  const { finishReason } = part.choice;
  const results = finishReason === 'content_filter' ? violent : {};
  return chunk(rest, {
    content_filter_results: results,
    delta: {},
    finish_reason: finishReason,
    index: part.index,
    logprobs: null,
  });
}

function usageEvent(identity: CompletionIdentity, usage: ChatUsage): string {
  const { created, id, model } = identity;
  const object = 'chat.completion.chunk';
  return event({ choices: [], created, id, model, object, system_fingerprint: systemFingerprint, usage });
}

function chunk(rest: string, choice: unknown): string {
  return `data: {"choices":[${JSON.stringify(choice)}],${rest}\n\n`;
}

function event(body: unknown): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

const promptFilterEvent = event({
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: harmlessPrompt }],
});
