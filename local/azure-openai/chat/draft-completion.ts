import type { ChatRequest } from './chat-request.ts';
import { chooseFunctions } from './choose-functions.ts';
import { composeText } from './compose-text.ts';
import { outputFilterTrigger } from './content-filter.ts';
import { draftCalls } from './draft-calls.ts';
import type { DraftChoice } from './draft-choice.ts';
import { madeUpJson, madeUpObject } from './made-up-json.ts';
import { type Random, seededRandom } from '../seeded-random.ts';
import type { TokenSplitter } from '../token-counter.ts';
import type { ToolFunction } from './tool-settings.ts';

export interface DraftQuestion {
  readonly request: ChatRequest;
  readonly seed: number;
  readonly model: string;
  /** Most tokens of one answer: `max_tokens`, the model's own limit or what the window leaves. */
  readonly maxTokens: number;
  readonly splitTokens: TokenSplitter;
  /** The model reasons: it takes the directive for that. */
  readonly reasons: boolean;
}

/** `[[sluice:answer-tokens=N]]` in a prompt: the answer, if nothing cuts it, has exactly N tokens. */
const lengthDirective = /\[\[sluice:answer-tokens=(\d{1,6})\]\]/u;
/** `[[sluice:reasoning-tokens=N]]`: a model that reasons takes N tokens of the maximum before it answers. */
const reasoningDirective = /\[\[sluice:reasoning-tokens=(\d{1,6})\]\]/u;
/** Answers to callers who allow more than this are no longer. */
const longestNatural = 480;

/**
 * The answers to a request: the same seeds (the service's and the request's), model and messages give the same ones,
 * whatever else is asked. Without a directive a text is 15 to 105 % of what is allowed (at most of 480), rounded up to a
 * sentence; a JSON answer or the arguments of a call are as long as their schema makes them.
 */
export function draftCompletion(question: DraftQuestion): readonly DraftChoice[] {
  const { request } = question;
  const messages = JSON.stringify(request.messages);
  const functions = chooseFunctions(request.tools, request.messages);
  const seeds = [messages, ...(request.seed === undefined ? [] : [request.seed])];
  const wanted = question.reasons ? Number(reasoningDirective.exec(messages)?.[1] ?? 0) : 0;
  const reasoningTokens = Math.min(wanted, question.maxTokens);
  const left = { ...question, maxTokens: question.maxTokens - reasoningTokens };
  return Array.from({ length: request.choices }, (_, index) => {
    const random = seededRandom(question.seed, question.model, ...seeds, index);
    if (reasoningTokens === 0) {
      return draftChoice(left, { functions, messages, random });
    }
    const silent: DraftChoice = { pieces: [], calls: [], finishReason: 'length' };
    const said = left.maxTokens === 0 ? silent : draftChoice(left, { functions, messages, random });
    return { ...said, reasoningTokens };
  });
}

function draftChoice(
  question: DraftQuestion,
  turn: { readonly functions: readonly ToolFunction[]; readonly messages: string; readonly random: Random },
): DraftChoice {
  const { functions, messages, random } = turn;
  if (functions.length > 0) {
    return draftCalls(functions, { ...question, tools: question.request.tools, random });
  }
  const pieces = draftText(question, messages, random);
  return messages.includes(outputFilterTrigger) ? filtered(pieces) : cut(pieces, question);
}

function draftText(question: DraftQuestion, messages: string, random: Random): readonly string[] {
  const { format } = question.request;
  const asked = lengthDirective.exec(messages)?.[1];
  const reach = Math.min(question.maxTokens, longestNatural);
  const share = 0.15 + 0.9 * random();
  const natural = Math.max(1, Math.round(reach * share));
  switch (format.kind) {
    case 'text':
      return asked === undefined
        ? composeText(random, natural)
        : composeText(random, Number(asked)).slice(0, Number(asked));
    case 'json-object':
      return question.splitTokens(madeUpObject(random, asked === undefined ? natural : Number(asked)));
    case 'json-schema':
      return question.splitTokens(madeUpJson(format.schema, random));
  }
}

/** One short answer at no cost, for measuring what calls it. */
export function instantCompletion(request: ChatRequest): readonly DraftChoice[] {
  const maxTokens = request.maxTokens ?? instantPieces.length;
  const choice: DraftChoice = {
    pieces: instantPieces.slice(0, maxTokens),
    calls: [],
    finishReason: maxTokens < instantPieces.length ? 'length' : 'stop',
  };
  return Array.from({ length: request.choices }, () => choice);
}

const instantPieces: readonly string[] = ['The', ' request', ' was', ' answered', ' at', ' once', '.'];

function filtered(pieces: readonly string[]): DraftChoice {
  return { pieces: pieces.slice(0, Math.ceil(pieces.length / 2)), calls: [], finishReason: 'content_filter' };
}

function cut(pieces: readonly string[], question: DraftQuestion): DraftChoice {
  const stopped = cutAtStop(pieces, question.request.stops);
  return stopped.length > question.maxTokens
    ? { pieces: stopped.slice(0, question.maxTokens), calls: [], finishReason: 'length' }
    : { pieces: stopped, calls: [], finishReason: 'stop' };
}

/** Ends before the first of the stop sequences; the piece that it begins in is dropped or kept in part. */
function cutAtStop(pieces: readonly string[], stops: readonly string[]): readonly string[] {
  const text = pieces.join('');
  const places = stops.filter((stop) => stop !== '').map((stop) => text.indexOf(stop));
  const end = Math.min(...places.filter((place) => place >= 0));
  if (end === Number.POSITIVE_INFINITY) {
    return pieces;
  }
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length >= end) {
      break;
    }
    kept.push(piece.slice(0, end - length));
    length += piece.length;
  }
  return kept;
}
