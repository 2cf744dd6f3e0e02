import type { CountedPrompt, PromptPart } from '../tokens/prompt-count.ts';
import type { ConversationTurns } from './conversation-turns.ts';

export interface TrimmedMessages {
  /** Places of the messages that are left, in order. */
  readonly keptPlaces: readonly number[];
  /** The count of what is left; each part keeps its place in the whole conversation. */
  readonly count: CountedPrompt;
  readonly droppedTurns: number;
  readonly droppedMessages: number;
  /** At least these when the whole was not counted to its end. */
  readonly droppedTokens: number;
}

/**
 * A sliding window over a conversation: drops whole turns, oldest first, and no more of them than it takes to come down
 * to `limitTokens`. What is never dropped may be more than that: the caller judges what is left.
 *
 * Tokens of a message do not depend on its neighbours, so the count of what is left is a sum, and as exact as the count
 * of the whole.
 */
export function trimMessages(prompt: {
  readonly turns: ConversationTurns;
  /** Of the whole. When counting stopped early, what is kept and the newest turns were counted first. */
  readonly count: CountedPrompt;
  readonly limitTokens: number;
}): TrimmedMessages {
  const { turns, count, limitTokens } = prompt;
  const counted = byPlace(count.parts);
  const around = overheadOf(count);
  let tokens = around.tokens + sumOf(partsAt(counted, turns.kept)).tokens;
  let dropped = turns.older.length;
  for (const turn of turns.older.toReversed()) {
    const turnTokens = tokensOf(turn, counted);
    if (tokens + turnTokens > limitTokens) {
      break;
    }
    tokens += turnTokens;
    dropped -= 1;
  }
  const keptPlaces = [...turns.kept, ...turns.older.slice(dropped).flat()].toSorted((left, right) => left - right);
  const keptParts = partsAt(counted, keptPlaces);
  return {
    keptPlaces,
    count: {
      kind: 'counted',
      tokens,
      leastTokens: around.leastTokens + sumOf(keptParts).leastTokens,
      precision: tokens > limitTokens ? count.precision : 'counted',
      parts: keptParts,
    },
    droppedTurns: dropped,
    droppedMessages: turns.older.slice(0, dropped).reduce((sum, turn) => sum + turn.length, 0),
    droppedTokens: count.tokens - tokens,
  };
}

type Sum = Pick<PromptPart, 'tokens' | 'leastTokens'>;

/** What was counted outside the messages. */
function overheadOf(count: CountedPrompt): Sum {
  const inParts = sumOf(count.parts);
  return { tokens: count.tokens - inParts.tokens, leastTokens: count.leastTokens - inParts.leastTokens };
}

/** The parts by their places; a hole where a message was not counted. */
function byPlace(parts: readonly PromptPart[]): readonly (PromptPart | undefined)[] {
  const counted: (PromptPart | undefined)[] = [];
  for (const part of parts) {
    counted[part.index] = part;
  }
  return counted;
}

/** Without end when a message of it was not counted: counting stopped above the limit before it came there. */
function tokensOf(turn: readonly number[], counted: readonly (PromptPart | undefined)[]): number {
  let tokens = 0;
  for (const place of turn) {
    tokens += counted[place]?.tokens ?? Number.POSITIVE_INFINITY;
  }
  return tokens;
}

function partsAt(counted: readonly (PromptPart | undefined)[], places: readonly number[]): readonly PromptPart[] {
  return places.map((place) => counted[place]).filter((part) => part !== undefined);
}

function sumOf(parts: readonly PromptPart[]): Sum {
  let [tokens, leastTokens] = [0, 0];
  for (const part of parts) {
    tokens += part.tokens;
    leastTokens += part.leastTokens;
  }
  return { tokens, leastTokens };
}
