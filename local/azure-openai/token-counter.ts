import { setImmediate as nextTurn } from 'node:timers/promises';

import { cutRuns } from './chat/cut-runs.ts';
import type { EncodingName } from './model-facts.ts';

/** Counts the tokens of a text exactly, but for cut runs (see `cutRuns`). Long texts let other work in between. */
export type TokenCounter = (text: string) => Promise<number>;

/** A text as its tokens, one piece each; a token that ends inside a character is empty, and the next has it whole. */
export type TokenSplitter = (text: string) => readonly string[];

const sliceLength = 65_536;
/** `<|endoftext|>` and its like are plain text here; the tokenizer throws on them unless told. */
const options = { disallowedSpecial: new Set<string>() };
const encodings = new Map<EncodingName, Promise<Encoding>>();

interface Encoding {
  readonly count: TokenCounter;
  readonly split: TokenSplitter;
}

/** Loads the encoding once a process; about 100 ms and 66 MB for `o200k_base`. */
export async function tokenCounter(encoding: EncodingName): Promise<TokenCounter> {
  return (await loaded(encoding)).count;
}

export async function tokenSplitter(encoding: EncodingName): Promise<TokenSplitter> {
  return (await loaded(encoding)).split;
}

async function loaded(encoding: EncodingName): Promise<Encoding> {
  let loading = encodings.get(encoding);
  if (loading === undefined) {
    loading = load(encoding);
    encodings.set(encoding, loading);
  }
  return loading;
}

async function load(encoding: EncodingName): Promise<Encoding> {
  const { countTokens, decode, encode, setMergeCacheSize } =
    encoding === 'o200k_base'
      ? await import('gpt-tokenizer/encoding/o200k_base')
      : await import('gpt-tokenizer/encoding/cl100k_base');
  setMergeCacheSize(5000);
  return {
    count: async (text) => {
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
    },
    split: (text) => cutRuns(text, sliceLength).flatMap((piece) => [...decodeEach(encode(piece, options), decode)]),
  };
}

function* decodeEach(tokens: readonly number[], decode: (tokens: readonly number[]) => string): Iterable<string> {
  let open: number[] = [];
  for (const [place, token] of tokens.entries()) {
    open.push(token);
    const text = decode(open);
    const isWhole = !text.endsWith('\uFFFD') || place === tokens.length - 1;
    yield isWhole ? text : '';
    open = isWhole ? [] : open;
  }
}

/** Pieces of four characters, for instant answers. */
export const splitRoughly: TokenSplitter = (text) => text.match(/.{1,4}/gsu) ?? [];
