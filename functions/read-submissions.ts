import { JSONParser } from '@streamparser/json';
import { isJsonObject } from '../shared/tokens/json-guards.ts';

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

/** The body holds more than a call may, or is no JSON at all. */
export class BodyError extends Error {
  readonly status: 400 | 413;

  constructor(status: 400 | 413, message: string) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
  }
}

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

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) {
      throw new BodyError(413, `A call takes ${mostBytes} bytes at the most. Send the rest in further calls.`);
    }
    yield chunk;
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawBody, void> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield* readLine(line);
    }
  }
  yield* readLine(rest + decoder.decode());
}

function* readLine(line: string): Generator<RawBody, void> {
  if (line.trim() === '') {
    return;
  }
  try {
    yield { form: 'list', job: { value: JSON.parse(line) } };
  } catch {
    yield { form: 'list', job: { error: 'the line is not JSON' } };
  }
}

/** `{"jobs": […]}` element by element, or one job, whose fields are gathered. */
async function* readJson(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawBody, void> {
  const reader = topLevelReader();
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

function topLevelReader(): {
  readonly write: (chunk: Uint8Array) => void;
  readonly takeJobs: () => readonly unknown[];
  readonly end: () => Record<string, unknown> | undefined;
} {
  const parser = new JSONParser({ paths: ['$.*', '$.jobs.*'], keepStack: false });
  let jobs: unknown[] = [];
  let isList = false;
  const fields: [string, unknown][] = [];
  parser.onValue = ({ value, key, stack }) => {
    const isJob = stack.length > 1;
    if (isJob || key === 'jobs') {
      isList = true;
      jobs.push(...(isJob ? [value] : []));
    } else if (typeof key !== 'string') {
      throw new BodyError(400, 'The body must be a job, {"jobs": […]}, or one job a line (application/x-ndjson).');
    } else {
      fields.push([key, value]);
    }
    if (isList && fields.length > 0) {
      throw new BodyError(
        400,
        `"${String(fields[0]?.[0])}" beside "jobs" is not known; a batch is named by ?batchId=.`,
      );
    }
  };
  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      throw error instanceof BodyError ? error : new BodyError(400, 'The body is not JSON.');
    }
  };
  return {
    write: (chunk) => guarded(() => parser.write(chunk)),
    takeJobs: () => {
      const taken = jobs;
      jobs = [];
      return taken;
    },
    end: () => {
      guarded(() => {
        if (!parser.isEnded) {
          parser.end();
        }
      });
      const single = Object.fromEntries(fields);
      return isList || !isJsonObject(single) ? undefined : single;
    },
  };
}
