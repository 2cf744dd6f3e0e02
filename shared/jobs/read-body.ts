import { checkJson } from '../json/check-json.ts';
import type { JsonProblem } from '../json/json-limits.ts';
import type { JsonRead } from '../json/json-reader.ts';
import { readJson, requestLimits } from '../json/read-json.ts';
import type { YieldToEventLoop } from '../share-event-loop.ts';
import { utf8Length } from '../tokens/utf8-length.ts';

/** Largest request, and so the largest job, in bytes: what one submit call may hold. */
export const largestRequest = 16 * 1024 * 1024;

/**
 * Reads the body of a message, which may be anything: bytes of JSON (what the SDKs send), a text of JSON, JSON within a
 * JSON text, or a value of AMQP's own types.
 */
export async function readBody(body: unknown, yieldToEventLoop: YieldToEventLoop): Promise<JsonRead> {
  const text = body instanceof Uint8Array ? decode(body) : body;
  if (text === undefined || text === null) {
    return invalid(body === text ? 'the message has no body' : notUtf8);
  }
  if (typeof text !== 'string') {
    return ofBody(checkJson(text, requestLimits));
  }
  const read = await readText(text, yieldToEventLoop);
  return read.kind === 'read' && typeof read.value === 'string' ? readText(read.value, yieldToEventLoop) : read;
}

/** What is wrong with the whole has no path to be its subject. */
export function ofBody(read: JsonRead): JsonRead {
  return read.kind === 'read'
    ? read
    : {
        kind: 'invalid',
        problems: read.problems.map(({ path, message }) => ({
          path,
          message: path === '' ? `the body ${message}` : message,
        })),
      };
}

async function readText(text: string, yieldToEventLoop: YieldToEventLoop): Promise<JsonRead> {
  // A text has no fewer bytes than characters.
  if (text.length > largestRequest || utf8Length(text) > largestRequest) {
    return invalid(`the body is larger than ${largestRequest} bytes`);
  }
  return ofBody(await readJson(text, yieldToEventLoop));
}

const notUtf8 = 'the body is not JSON: it is not UTF-8';

/** Without a byte order mark, which the decoder takes away. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(message: string): JsonRead & { readonly problems: readonly JsonProblem[] } {
  return { kind: 'invalid', problems: [{ path: '', message }] };
}
