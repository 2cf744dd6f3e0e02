import { chatLogprobs, type ChoiceForm } from './completion-body.ts';
import { harmless, violent } from './content-filter.ts';
import type { DraftCall, DraftChoice } from './draft-choice.ts';

/** The chunks of one choice of a streamed completion. */
export interface ChoiceEvents {
  readonly role: string;
  /** One a token. */
  readonly tokens: readonly string[];
  readonly finish: string;
}

interface ChunkFrame {
  readonly index: number;
  readonly form: ChoiceForm;
  /** A chunk's JSON after its choices, without the brace that opens it. */
  readonly rest: string;
}

export function choiceEvents(choice: DraftChoice, frame: ChunkFrame): ChoiceEvents {
  const isCall = choice.calls.length > 0;
  const tokens = isCall
    ? choice.calls.flatMap((call, place) => callEvents(call, place, frame))
    : contentEvents(choice.pieces, frame);
  const role = { content: isCall ? null : '', refusal: null, role: 'assistant' };
  return { role: chunk(frame, { delta: role, results: '{}' }), tokens, finish: finishEvent(choice, frame) };
}

const harmlessJson = JSON.stringify(harmless);

/** One chunk a token: what is the same in all of them is put together once. */
function contentEvents(pieces: readonly string[], frame: ChunkFrame): readonly string[] {
  const ranked = chatLogprobs(pieces, frame.form.topLogprobs)?.content;
  const start = `data: {"choices":[{"content_filter_results":${harmlessJson},"delta":{"content":`;
  const middle = `},"finish_reason":null,"index":${frame.index},"logprobs":`;
  const end = `}],${frame.rest}\n\n`;
  return pieces.map((piece, place) => {
    const token = ranked?.[place];
    const logprobs = token === undefined ? 'null' : JSON.stringify({ content: [token], refusal: null });
    return start + JSON.stringify(piece) + middle + logprobs + end;
  });
}

/** The name comes before the arguments, whose tokens follow one by one. */
function callEvents(call: DraftCall, place: number, frame: ChunkFrame): readonly string[] {
  const first = { arguments: '', name: call.name };
  const head = frame.form.isLegacy
    ? { function_call: first }
    : { tool_calls: [{ function: first, id: call.id, index: place, type: 'function' }] };
  const rest = call.pieces.map((piece) => {
    const part = { arguments: piece };
    const delta = frame.form.isLegacy ? { function_call: part } : { tool_calls: [{ function: part, index: place }] };
    return chunk(frame, { delta, results: '{}' });
  });
  return [chunk(frame, { delta: head, results: '{}' }), ...rest];
}

function finishEvent({ finishReason }: DraftChoice, frame: ChunkFrame): string {
  const results = finishReason === 'content_filter' ? JSON.stringify(violent) : '{}';
  return chunk(frame, { delta: {}, results, finishReason });
}

function chunk(
  frame: ChunkFrame,
  choice: { readonly delta: unknown; readonly results: string; readonly finishReason?: string },
): string {
  const { delta, finishReason = null, results } = choice;
  const json =
    `{"content_filter_results":${results},"delta":${JSON.stringify(delta)},` +
    `"finish_reason":${JSON.stringify(finishReason)},"index":${frame.index},"logprobs":null}`;
  return `data: {"choices":[${json}],${frame.rest}\n\n`;
}
