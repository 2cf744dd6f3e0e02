import type { DraftCall, DraftChoice } from './draft-choice.ts';
import { madeUpJson } from './made-up-json.ts';
import type { Random } from '../seeded-random.ts';
import type { TokenSplitter } from '../token-counter.ts';
import type { ToolFunction, ToolSettings } from './tool-settings.ts';

/** Calls of functions with arguments that fit their schemas, cut where the tokens end. */
export function draftCalls(
  functions: readonly ToolFunction[],
  how: {
    readonly tools: ToolSettings;
    readonly random: Random;
    readonly splitTokens: TokenSplitter;
    readonly maxTokens: number;
  },
): DraftChoice {
  const { maxTokens, random, splitTokens, tools } = how;
  const calls: DraftCall[] = [];
  let left = maxTokens;
  for (const { name, parameters } of functions) {
    const nameTokens = splitTokens(name).length;
    const pieces = splitTokens(parameters === undefined ? '{}' : madeUpJson(parameters, random));
    if (left <= 0) {
      break;
    }
    calls.push({ id: callId(random), name, nameTokens, pieces: pieces.slice(0, Math.max(0, left - nameTokens)) });
    left -= nameTokens + pieces.length;
  }
  return { pieces: [], calls, finishReason: left < 0 ? 'length' : finishReason(tools) };
}

/** A call that the caller named ends with `stop` (OpenAI's reference of `finish_reason`). */
function finishReason(tools: ToolSettings): DraftChoice['finishReason'] {
  if (tools.choice.kind === 'named') {
    return 'stop';
  }
  return tools.isLegacy ? 'function_call' : 'tool_calls';
}

const idCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function callId(random: Random): string {
  const characters = Array.from({ length: 24 }, () => idCharacters.charAt(Math.floor(random() * idCharacters.length)));
  return `call_${characters.join('')}`;
}
