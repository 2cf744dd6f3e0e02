import type { YieldToEventLoop } from '../share-event-loop.ts';
import type { JsonLimits } from './json-limits.ts';
import { JsonReader, type JsonRead } from './json-reader.ts';

/** What a value of JSON may be at the most: a request, whole. */
export const requestLimits: JsonLimits = { deepest: 80, mostValues: 500_000, mostKeys: 50_000 };

/** Characters that are read in one turn of the event loop. */
export const slicePerTurn = 32 * 1024;

/** What reading a character costs at the most, in µs: keys and small numbers are the slowest. */
const usPerCharacter = 0.2;

/** Reads a JSON text of any size in turns. */
export async function readJson(text: string, yieldToEventLoop: YieldToEventLoop): Promise<JsonRead> {
  const reader = new JsonReader(requestLimits);
  for await (const slice of slices(text, yieldToEventLoop)) {
    reader.write(slice);
    if (reader.broken !== undefined) {
      break;
    }
  }
  return reader.end();
}

/** Reads a JSON text at once: for one that is known to be short. */
export function readShortJson(text: string): JsonRead {
  const reader = new JsonReader(requestLimits);
  reader.write(text);
  return reader.end();
}

/** A text in slices, each with a turn of its own; `before` are the characters of it that were read before. */
export async function* slices(
  text: string,
  yieldToEventLoop: YieldToEventLoop,
  before = 0,
): AsyncGenerator<string, void> {
  for (let start = 0; start < text.length; start += slicePerTurn) {
    const slice = text.slice(start, start + slicePerTurn);
    await yieldToEventLoop(slice.length * usPerCharacter, (before + text.length - start) * usPerCharacter);
    yield slice;
  }
}
