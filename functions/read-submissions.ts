import type { JsonRead } from '../shared/json/json-reader.ts';
import { slices } from '../shared/json/read-json.ts';
import type { YieldToEventLoop } from '../shared/share-event-loop.ts';
import { BodyError } from './body-error.ts';
import { openJsonBody } from './open-json-body.ts';
import { openJsonLines } from './read-lines.ts';

export interface RawBody {
  /** `single`: the body is one job; `list`: `{"jobs": […]}` or NDJSON. Known when the first job comes. */
  readonly form: 'single' | 'list';
  /** One job of a call, parsed but not checked, or why it could not be parsed. */
  readonly job: JsonRead;
  /** Characters of the body since the last job: what it takes in memory, about. */
  readonly length: number;
}

/** What a call may hold. */
const mostJobs = 1000;
const mostBytes = 16 * 1024 * 1024;

/**
 * Reads the jobs of a body one after the other, as its bytes come in and in turns: the body is never in memory whole, and
 * others are served in between. A line of NDJSON that is no JSON is one bad job; a JSON body that breaks off is an error
 * for the rest of the call.
 *
 * @throws BodyError
 */
export async function* readSubmissions(
  body: AsyncIterable<Uint8Array>,
  input: { readonly contentType: string; readonly yieldToEventLoop: YieldToEventLoop },
): AsyncGenerator<RawBody, void> {
  const isLines = /ndjson|jsonl|jsonlines/iu.test(input.contentType);
  const pieces = decode(limited(body), input.yieldToEventLoop);
  let count = 0;
  for await (const raw of isLines ? readLines(pieces) : readJson(pieces)) {
    count += 1;
    if (count > mostJobs) {
      throw new BodyError(413, `A call takes ${mostJobs} jobs at the most. Send the rest in further calls.`);
    }
    yield raw;
  }
}

/**
 * The body up to its limit. What is left of it when the caller stops early is read and thrown away, within bounds: a
 * client that is still sending would otherwise see its connection reset instead of the answer.
 */
async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const chunks = body[Symbol.asyncIterator]();
  let bytes = 0;
  let isOpen = true;
  const next = async (): Promise<Uint8Array | undefined> => {
    isOpen = false;
    const read = await chunks.next();
    isOpen = read.done !== true;
    bytes += read.done === true ? 0 : read.value.byteLength;
    return read.done === true ? undefined : read.value;
  };
  const isWorthReading = (): boolean => isOpen && bytes <= 2 * mostBytes;
  try {
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      if (bytes > mostBytes) {
        throw new BodyError(413, `A call takes ${mostBytes} bytes at the most. Send the rest in further calls.`);
      }
      yield chunk;
    }
  } finally {
    while (isWorthReading()) {
      await next();
    }
    await chunks.return?.();
  }
}

/** The text of a body in pieces, each with a turn of its own, without a byte order mark. */
async function* decode(
  body: AsyncIterable<Uint8Array>,
  yieldToEventLoop: YieldToEventLoop,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let before = 0;
  for await (const chunk of body) {
    const text = decodeOrThrow(() => decoder.decode(chunk, { stream: true }));
    yield* slices(text, yieldToEventLoop, before);
    before += text.length;
  }
  decodeOrThrow(() => decoder.decode());
}

function decodeOrThrow(decodeNow: () => string): string {
  try {
    return decodeNow();
  } catch {
    throw new BodyError(400, 'The body is not UTF-8.');
  }
}

async function* readLines(pieces: AsyncIterable<string>): AsyncGenerator<RawBody, void> {
  const reader = openJsonLines();
  const measured = lengths();
  for await (const piece of pieces) {
    reader.write(piece);
    measured.add(piece);
    for (const job of reader.takeLines()) {
      yield { form: 'list', job, length: measured.take() };
    }
  }
  reader.end();
  for (const job of reader.takeLines()) {
    yield { form: 'list', job, length: measured.take() };
  }
}

/** `{"jobs": […]}` element by element, or one job. */
async function* readJson(pieces: AsyncIterable<string>): AsyncGenerator<RawBody, void> {
  const reader = openJsonBody();
  const measured = lengths();
  for await (const piece of pieces) {
    reader.write(piece);
    measured.add(piece);
    for (const job of reader.takeJobs()) {
      yield { form: 'list', job, length: measured.take() };
    }
  }
  const job = reader.end();
  if (job !== undefined) {
    yield { form: 'single', job, length: measured.take() };
  }
}

function lengths(): { readonly add: (piece: string) => void; readonly take: () => number } {
  let length = 0;
  return {
    add: (piece) => {
      length += piece.length;
    },
    take: () => {
      const taken = length;
      length = 0;
      return taken;
    },
  };
}
