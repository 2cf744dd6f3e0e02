import { setImmediate as nextTurn } from 'node:timers/promises';

import { cutRuns } from './cut-runs.ts';
import type { EncodingName } from './model-facts.ts';

/** Counts the tokens of a text exactly, but for cut runs (see `cutRuns`). Long texts let other work in between. */
export type TokenCounter = (text: string) => Promise<number>;

const sliceLength = 65_536;
/** `<|endoftext|>` and its like are plain text here; the tokenizer throws on them unless told. */
const options = { disallowedSpecial: new Set<string>() };
const counters = new Map<EncodingName, Promise<TokenCounter>>();

/** Loads the encoding once a process; about 100 ms and 66 MB for `o200k_base`. */
export async function tokenCounter(encoding: EncodingName): Promise<TokenCounter> {
  let counter = counters.get(encoding);
  if (counter === undefined) {
    counter = load(encoding);
    counters.set(encoding, counter);
  }
  return counter;
}

async function load(encoding: EncodingName): Promise<TokenCounter> {
  const { countTokens, setMergeCacheSize } =
    encoding === 'o200k_base'
      ? await import('gpt-tokenizer/encoding/o200k_base')
      : await import('gpt-tokenizer/encoding/cl100k_base');
  setMergeCacheSize(5000);
  return async (text) => {
    let tokens = 0;
    let counted = 0;
    for (const piece of cutRuns(text, sliceLength)) {
      if (counted >= sliceLength) {
        await nextTurn();
        counted = 0;
      }
      tokens += countTokens(piece, options);
      counted += piece.length;
    }
    return tokens;
  };
}
