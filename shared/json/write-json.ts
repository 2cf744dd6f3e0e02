import type { YieldToEventLoop } from '../share-event-loop.ts';
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
  const encoder = new TextEncoder();
  const slices: string[] = [];
  let bytes = 0;
  let written = 0;
  for (const slice of jsonSlices(value, options)) {
    slices.push(slice);
    bytes += encoder.encode(slice).byteLength;
    written += slice.length;
    await yieldToEventLoop(slice.length * usPerCharacter, written * usPerCharacter);
  }
  return { text: slices.join(''), bytes };
}
