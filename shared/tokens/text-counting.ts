import type { YieldToEventLoop } from '../share-event-loop.ts';
import { cutRuns } from './cut-runs.ts';
import type { Encoding, TokenCounter } from './token-counter.ts';
import { utf8Length } from './utf8-length.ts';

/** UTF-8 bytes that are counted in one go, and what they cost: the slowest text known takes about 1.7 µs a byte. */
const BYTES_PER_TURN = 4096;
const US_PER_BYTE = 1.7;

/** What a text costs beside its bytes, in µs: a prompt may be made of a hundred thousand short ones. */
const US_PER_TEXT = 2;

export interface CountingDeps {
  readonly counter: TokenCounter;
  readonly encoding: Encoding;
  /** Resolves when the event loop has room for so much work, in µs. */
  readonly yieldToEventLoop: YieldToEventLoop;
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
  let bytesLeft = 0;
  let bytesGranted = 0;
  let isPrepared = false;
  /** Asks for a turn when the last one is used up, and for no more work than is left. */
  const takeBytes = async (bytes: number, mostLeft: number): Promise<void> => {
    if (bytesLeft < bytes) {
      const granted = Math.max(bytes, Math.min(BYTES_PER_TURN, mostLeft));
      await yieldToEventLoop(granted * US_PER_BYTE + US_PER_TEXT, (bytesGranted + mostLeft) * US_PER_BYTE);
      bytesLeft = granted;
      bytesGranted += granted;
    }
    bytesLeft -= bytes;
  };
  return {
    count: async (text) => {
      if (!isPrepared) {
        await counter.prepare(encoding);
        isPrepared = true;
      }
      let tokens = 0;
      let forcedCuts = 0;
      const mostLeft = text.length <= BYTES_PER_TURN ? utf8Length(text) : 3 * text.length;
      for (const piece of cutRuns(text)) {
        await takeBytes(utf8Length(piece.text), mostLeft);
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
