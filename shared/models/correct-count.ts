import type { JsonObject } from '../json.ts';
import { countAt } from '../tokens/json-guards.ts';
import type { CountCorrection } from './fitting.ts';
import type { ModelEntry } from './model-catalogue.ts';

/**
 * What is taken off, in parts of 100, when the service refuses a request that fitted and does not say by how much. Our
 * count of texts is at most 0.22 % off; what is only estimated (tools, tool calls, images) is seldom a twentieth of a
 * prompt that fills its window.
 */
const marginPercent = 5;

/**
 * What a refusal for its length (`ContextLengthExceeded`) says of our count of the request that was sent, from the
 * figures that `classifyRequestError` reads. Where the service gives none, or figures by which the request would have
 * fitted, the windows are taken to be a margin smaller than what was sent.
 */
export function correctCount(refused: {
  readonly details: JsonObject;
  /** Of the request that was sent, by our count. */
  readonly promptTokens: number;
  /** The most output tokens that it named; 0 when it named none. */
  readonly outputTokens: number;
  readonly model: Pick<ModelEntry, 'contextTokens' | 'inputTokens'>;
}): CountCorrection {
  const { details, promptTokens, model } = refused;
  const told = readTold(details);
  if (told === undefined) {
    return byMargin(refused, countAt(details, 'windowTokens'));
  }
  const uncountedTokens = told.promptTokens - promptTokens;
  // A figure for the output shows that the window is the one of prompt and answer together.
  const contextTokens =
    told.outputTokens === undefined ? model.contextTokens : Math.min(model.contextTokens, told.windowTokens);
  return { contextTokens, inputTokens: Math.min(model.inputTokens, told.windowTokens), uncountedTokens };
}

interface Told {
  readonly windowTokens: number;
  readonly promptTokens: number;
  readonly outputTokens: number | undefined;
}

/** The prompt is what was requested less the output: the figure of the messages leaves the tools out. */
function readTold(details: JsonObject): Told | undefined {
  const windowTokens = countAt(details, 'windowTokens');
  const outputTokens = countAt(details, 'outputTokens');
  const requestedTokens = countAt(details, 'requestedTokens');
  const promptTokens =
    requestedTokens === undefined ? countAt(details, 'promptTokens') : requestedTokens - (outputTokens ?? 0);
  return windowTokens === undefined || promptTokens === undefined || promptTokens + (outputTokens ?? 0) <= windowTokens
    ? undefined
    : { windowTokens, promptTokens, outputTokens };
}

function byMargin(
  sent: {
    readonly promptTokens: number;
    readonly outputTokens: number;
    readonly model: Pick<ModelEntry, 'contextTokens' | 'inputTokens'>;
  },
  windowTokens = Number.POSITIVE_INFINITY,
): CountCorrection {
  const { promptTokens, outputTokens, model } = sent;
  const less = (...most: readonly number[]): number => Math.floor((Math.min(...most) * (100 - marginPercent)) / 100);
  return {
    contextTokens: less(model.contextTokens, windowTokens, promptTokens + outputTokens),
    inputTokens: less(model.inputTokens, windowTokens, promptTokens + outputTokens),
    uncountedTokens: 0,
  };
}
