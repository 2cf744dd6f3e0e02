import { BodyError } from './body-error.ts';
import { openJsonBody } from './open-json-body.ts';

/** One job of a call, parsed but not checked, or why it could not be parsed. */
export type RawJob = { readonly value: unknown } | { readonly error: string };

export interface RawBody {
  /** `single`: the body is one job; `list`: `{"jobs": […]}` or NDJSON. Known when the first job comes. */
  readonly form: 'single' | 'list';
  readonly job: RawJob;
}

/** What a call may hold. */
const mostJobs = 1000;
const mostBytes = 16 * 1024 * 1024;

/**
 * Reads the jobs of a body one after the other, as its bytes come in: the body is never in memory whole. A line of
 * NDJSON that is no JSON is one bad job; a JSON body that breaks off is an error for the rest of the call.
 *
 * @throws BodyError
 */
export async function* readSubmissions(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<RawBody, void> {
  const isLines = /ndjson|jsonl|jsonlines/iu.test(contentType);
  let count = 0;
  for await (const raw of isLines ? readLines(limited(body)) : readJson(limited(body))) {
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

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawBody, void> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(isNotBlank)) {
      yield readLine(line);
    }
  }
  const last = rest + decoder.decode();
  if (isNotBlank(last)) {
    yield readLine(last);
  }
}

function isNotBlank(line: string): boolean {
  return line.trim() !== '';
}

function readLine(line: string): RawBody {
  try {
    return { form: 'list', job: { value: JSON.parse(line) } };
  } catch {
    return { form: 'list', job: { error: 'the line is not JSON' } };
  }
}

/** `{"jobs": […]}` element by element, or one job, whose fields are gathered. */
async function* readJson(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawBody, void> {
  const reader = openJsonBody();
  for await (const chunk of body) {
    reader.write(chunk);
    for (const value of reader.takeJobs()) {
      yield { form: 'list', job: { value } };
    }
  }
  const single = reader.end();
  if (single !== undefined) {
    yield { form: 'single', job: { value: single } };
  }
}
