import type { GptEncoding } from 'gpt-tokenizer/GptEncoding';
import { AppError } from '../errors.ts';
import type { Encoding, TokenCounter } from './token-counter.ts';

/** The tokenizer's own default never evicts: 88 MB after 60,000 unique long words. */
const MERGE_CACHE_ENTRIES = 5000;

/**
 * Cached words are slices that keep the whole text alive that they were cut from, so the cache is emptied after this many
 * UTF-16 units of text: that bounds what it can hold on to.
 */
const MERGE_CACHE_TEXT = 4_000_000;

/** Text is only ever text: without this, `<|endoftext|>` in a prompt throws. */
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/**
 * Counts with `gpt-tokenizer`. A vocabulary is imported at its first `prepare`, so that a process that never counts
 * (an HTTP read) never pays for it.
 */
export function tokenizerTokenCounter(): TokenCounter {
  const loading = new Map<Encoding, Promise<void>>();
  const ready = new Map<Encoding, LoadedEncoding>();

  const load = async (encoding: Encoding): Promise<void> => {
    const api = await importEncoding(encoding);
    api.setMergeCacheSize(MERGE_CACHE_ENTRIES);
    ready.set(encoding, { api, cachedText: 0 });
  };

  return {
    prepare: async (encoding) => {
      const started = loading.get(encoding) ?? load(encoding);
      loading.set(encoding, started);
      await started;
    },
    countText: (text, encoding) => {
      const loaded = ready.get(encoding);
      if (loaded === undefined) {
        throw new AppError(
          'tokens.not_prepared',
          `Counting tokens in ${encoding} was tried before its vocabulary was loaded: await prepare('${encoding}') first.`,
        );
      }
      return countIn(loaded, text);
    },
  };
}

interface LoadedEncoding {
  readonly api: GptEncoding;
  cachedText: number;
}

function countIn(loaded: LoadedEncoding, text: string): number {
  loaded.cachedText += text.length;
  if (loaded.cachedText > MERGE_CACHE_TEXT) {
    loaded.api.clearMergeCache();
    loaded.cachedText = text.length;
  }
  return text === '' ? 0 : loaded.api.countTokens(text, PLAIN_TEXT);
}

async function importEncoding(encoding: Encoding): Promise<GptEncoding> {
  switch (encoding) {
    case 'o200k_base':
      return (await import('gpt-tokenizer/encoding/o200k_base')).default;
    case 'cl100k_base':
      return (await import('gpt-tokenizer/encoding/cl100k_base')).default;
  }
}
