import { cutRuns } from './cut-runs.ts';
import type { Encoding, TokenCounter } from './token-counter.ts';
import { utf8Length } from './utf8-length.ts';

/**
 * UTF-8 bytes counted between two turns of the event loop. The slowest text known takes about 1.7 ms per KB, so a turn
 * stays under some 10 ms of work; prose takes 0.3 ms.
 */
const BYTES_PER_TURN = 4096;

export interface CountingDeps {
  readonly counter: TokenCounter;
  readonly encoding: Encoding;
  /** Resolves after other work had its turn (`setImmediate`); not called for short texts. */
  readonly yieldToEventLoop: () => Promise<void>;
  /** Stop counting once more than this was surely found, over all texts: bounds the work that a text can cause. */
  readonly stopAboveTokens?: number | undefined;
}

export interface TextCount {
  readonly tokens: number;
  /** Cuts made where a word may go on: each may have added a token or so to `tokens`. */
  readonly forcedCuts: number;
  /** True when counting stopped above `stopAboveTokens`: the text has more tokens than told here. */
  readonly isStopped: boolean;
}

/** Counts texts one after another and gives the event loop its turns, however the work is spread over the texts. */
export interface TextCounting {
  readonly count: (text: string) => Promise<TextCount>;
}

/** Linear in the length of the texts, hostile ones included; see `cutRuns`. Prepares the counter at the first use. */
export function textCounting(deps: CountingDeps): TextCounting {
  const { counter, encoding, yieldToEventLoop } = deps;
  const stopAbove = deps.stopAboveTokens ?? Number.POSITIVE_INFINITY;
  let sureTokens = 0;
  let bytesInTurn = 0;
  let isPrepared = false;
  return {
    count: async (text) => {
      if (!isPrepared) {
        await counter.prepare(encoding);
        isPrepared = true;
      }
      let tokens = 0;
      let forcedCuts = 0;
      for (const piece of cutRuns(text)) {
        bytesInTurn += utf8Length(piece.text);
        if (bytesInTurn > BYTES_PER_TURN) {
          await yieldToEventLoop();
          bytesInTurn = utf8Length(piece.text);
        }
        if (sureTokens > stopAbove) {
          return { tokens, forcedCuts, isStopped: true };
        }
        const counted = counter.countText(piece.text, encoding);
        tokens += counted;
        forcedCuts += piece.isExactEnd ? 0 : 1;
        sureTokens += piece.isExactEnd ? counted : counted - 1;
      }
      return { tokens, forcedCuts, isStopped: sureTokens > stopAbove };
    },
  };
}
