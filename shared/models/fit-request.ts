import type { JsonObject } from '../json.ts';
import { requestedOutputTokens } from '../tokens/estimate-cost.ts';
import { isJsonArray, jsonAt } from '../tokens/json-guards.ts';
import type { CountedPrompt } from '../tokens/prompt-count.ts';
import type { ConversationTurns } from './conversation-turns.ts';
import { fitPrompt, type PromptFit } from './fit-prompt.ts';
import type { CountCorrection, Fitting } from './fitting.ts';
import { lowerOutput } from './lower-output.ts';
import type { ModelEntry } from './model-catalogue.ts';
import { trimMessages } from './trim-messages.ts';

export interface FitWish {
  readonly body: JsonObject;
  readonly count: CountedPrompt;
  readonly model: Pick<ModelEntry, 'operation' | 'outputTokens'> & Windows;
  /** What may be dropped of a conversation; undefined when the request is none. */
  readonly turns: ConversationTurns | undefined;
  readonly onOverflow: 'dead-letter' | 'trim' | 'reduce-output';
  /** What the service said when it refused the request as it was fitted without this. */
  readonly correction?: CountCorrection | undefined;
}

type Windows = Pick<ModelEntry, 'contextTokens' | 'inputTokens'>;

export type RequestFit =
  | {
      readonly kind: 'fits';
      /** What to send, and its count. */
      readonly body: JsonObject;
      readonly count: CountedPrompt;
      /** Undefined when the body is sent as it is. */
      readonly fitting: Fitting | undefined;
    }
  | Misfit;

export interface Misfit {
  readonly kind: 'overflows';
  readonly overflow: PromptOverflow;
  readonly noHelp: NoHelp;
}

export type PromptOverflow = Extract<PromptFit, { readonly kind: 'overflows' }>;

/** Why a request that does not fit could not be made to. */
export type NoHelp =
  | { readonly kind: 'not-asked' }
  /** Only a conversation can be trimmed. */
  | { readonly kind: 'no-messages' }
  /** What is never dropped is too long by itself. */
  | {
      readonly kind: 'kept-too-long';
      readonly kept: PromptOverflow;
      readonly keptMessages: number;
      readonly droppedMessages: number;
      readonly droppedTokens: number;
    }
  /** There is no maximum to lower: it is the prompt that is too long. */
  | { readonly kind: 'no-output-named' }
  /** The prompt leaves no room for an answer that is worth its call. */
  | { readonly kind: 'no-room'; readonly roomTokens: number; readonly leastOutputTokens: number };

/**
 * A trimmed conversation that names no maximum output leaves one in this many tokens of the window to its answer: filled
 * up with messages the window would let the service answer next to nothing.
 */
const answerPart = 8;

/** No answer is cut to fewer tokens than this: the least that the service's newer API takes as a maximum output at all. */
const leastAnswerTokens = 16;

/**
 * Makes a request fit its model's window as the job asks: `trim` drops the oldest turns, `reduce-output` lowers the
 * maximum output; one thing each. What fits is left as it is.
 */
export function fitRequest(wish: FitWish): RequestFit {
  const { body, count, correction } = wish;
  // Once the service has refused it, what was only estimated counts as well.
  const judged = correction === undefined ? count : { ...count, leastTokens: count.tokens };
  const uncountedTokens = correction?.uncountedTokens ?? 0;
  const windows = windowsOf(wish, uncountedTokens);
  const fit = fitPrompt({
    count: judged,
    requestedOutputTokens: requestedOutputTokens(body),
    model: { operation: wish.model.operation, ...windows },
  });
  if (fit.kind === 'fits') {
    return { kind: 'fits', body, count, fitting: undefined };
  }
  switch (wish.onOverflow) {
    case 'dead-letter':
      return misfit(fit, { kind: 'not-asked' });
    case 'trim':
      return trim(wish, fit);
    case 'reduce-output':
      return reduceOutput({ ...wish, count: judged }, windows, fit);
  }
}

/** The windows by our own count. */
function windowsOf({ model, correction }: FitWish, uncountedTokens: number): Windows {
  return {
    contextTokens: (correction?.contextTokens ?? model.contextTokens) - uncountedTokens,
    inputTokens: (correction?.inputTokens ?? model.inputTokens) - uncountedTokens,
  };
}

function trim(wish: FitWish, overflow: PromptOverflow): RequestFit {
  const { body, count, model, correction, turns } = wish;
  const messages = jsonAt(body, 'messages');
  if (turns === undefined || !isJsonArray(messages)) {
    return misfit(overflow, { kind: 'no-messages' });
  }
  // What we counted too much may lie in the turns that are dropped: it is no room that is left.
  const windows = windowsOf(wish, Math.max(0, correction?.uncountedTokens ?? 0));
  const outputTokens = requestedOutputTokens(body);
  const answerTokens = outputTokens ?? Math.min(model.outputTokens, Math.floor(windows.contextTokens / answerPart));
  const limitTokens = Math.min(windows.inputTokens, windows.contextTokens - answerTokens);
  const trimmed = trimMessages({ turns, count, limitTokens });
  const { keptPlaces, droppedTurns, droppedMessages, droppedTokens } = trimmed;
  const keptMessages = keptPlaces.length;
  const left = fitPrompt({
    count: trimmed.count,
    requestedOutputTokens: outputTokens,
    model: { operation: model.operation, ...windows },
  });
  if (left.kind === 'overflows' || droppedTurns === 0) {
    const kept = left.kind === 'overflows' ? left : overflow;
    return misfit(overflow, { kind: 'kept-too-long', kept, keptMessages, droppedMessages, droppedTokens });
  }
  const dropped = { droppedTurns, droppedMessages, droppedTokens };
  const fitting: Fitting = { kind: 'trimmed', ...dropped, keptMessages, keptTokens: trimmed.count.tokens };
  return {
    kind: 'fits',
    body: { ...body, messages: keptPlaces.flatMap((place) => messages.slice(place, place + 1)) },
    count: trimmed.count,
    fitting: withCorrection(fitting, correction),
  };
}

function reduceOutput(wish: FitWish, windows: Windows, overflow: PromptOverflow): RequestFit {
  const { body, count, correction } = wish;
  const fromTokens = requestedOutputTokens(body);
  if (fromTokens === undefined) {
    return misfit(overflow, { kind: 'no-output-named' });
  }
  const isOverInput = count.leastTokens > windows.inputTokens;
  const mostRoom = isOverInput ? 0 : Math.max(0, windows.contextTokens - count.leastTokens);
  const leastOutputTokens = Math.min(leastAnswerTokens, fromTokens);
  if (mostRoom < leastOutputTokens) {
    return misfit(overflow, { kind: 'no-room', roomTokens: mostRoom, leastOutputTokens });
  }
  const toTokens = Math.max(leastOutputTokens, windows.contextTokens - count.tokens);
  const fitting: Fitting = { kind: 'output-reduced', fromTokens, toTokens };
  return { kind: 'fits', body: lowerOutput(body, toTokens), count, fitting: withCorrection(fitting, correction) };
}

function withCorrection(fitting: Fitting, correction: CountCorrection | undefined): Fitting {
  return correction === undefined ? fitting : { ...fitting, correction };
}

function misfit(overflow: PromptOverflow, noHelp: NoHelp): Misfit {
  return { kind: 'overflows', overflow, noHelp };
}
