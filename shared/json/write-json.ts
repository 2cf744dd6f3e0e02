import type { YieldToEventLoop } from '../share-event-loop.ts';
import { utf8Length } from '../tokens/utf8-length.ts';
import { jsonSlices } from './json-slices.ts';

/** What writing a character costs at the most, in µs; many small values are the slowest. */
const usPerCharacter = 0.15;

export interface WrittenJson {
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
}

/** Writes a value as JSON in turns, however large it is. */
export async function writeJson(
  value: unknown,
  yieldToEventLoop: YieldToEventLoop,
  options: { readonly isSorted: boolean } = { isSorted: false },
): Promise<WrittenJson> {
  const slices: string[] = [];
  let bytes = 0;
  for (const slice of jsonSlices(value, options)) {
    slices.push(slice);
    bytes += utf8Length(slice);
    await yieldToEventLoop(slice.length * usPerCharacter);
  }
  return { text: slices.join(''), bytes };
}
