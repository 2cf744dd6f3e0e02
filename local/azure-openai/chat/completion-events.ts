import { choiceEvents } from './choice-events.ts';
import { type ChoiceForm, systemFingerprint, type CompletionIdentity } from './completion-body.ts';
import { harmlessPrompt } from './content-filter.ts';
import type { DraftChoice } from './draft-choice.ts';
import type { ChatUsage } from '../calls/usage.ts';

export interface EventSource {
  readonly identity: CompletionIdentity;
  readonly choices: readonly DraftChoice[];
  readonly form: ChoiceForm;
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
  const rest = openChunk(source);
  const choices = source.choices.map((choice, index) => choiceEvents(choice, { index, form: source.form, rest }));
  const steps: string[] = [promptFilterEvent + choices.map(({ role }) => role).join('')];
  const longest = Math.max(...choices.map(({ tokens }) => tokens.length));
  for (let place = 0; place < longest; place += 1) {
    let step = '';
    for (const { tokens } of choices) {
      step += tokens[place] ?? '';
    }
    steps.push(step);
  }
  const finish = choices.map((choice) => choice.finish).join('');
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

function usageEvent(identity: CompletionIdentity, usage: ChatUsage): string {
  const { created, id, model } = identity;
  const object = 'chat.completion.chunk';
  return event({ choices: [], created, id, model, object, system_fingerprint: systemFingerprint, usage });
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
