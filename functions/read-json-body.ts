import type { HttpRequest } from '@azure/functions';
import { readShortJson } from '../shared/json/read-json.ts';
import { BodyError } from './body-error.ts';

/** What an operator's call may hold. */
const mostBytes = 128 * 1024;

/**
 * The body of a small call as parsed JSON; `undefined` when there is none.
 *
 * @throws BodyError
 */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    const part = toBytes(chunk);
    bytes += part.byteLength;
    if (bytes > mostBytes) {
      throw new BodyError(413, `The call takes ${mostBytes} bytes at the most.`);
    }
    chunks.push(part);
  }
  const text = decode(chunks);
  if (text.trim() === '') {
    return undefined;
  }
  const read = readShortJson(text);
  if (read.kind === 'invalid') {
    throw new BodyError(400, 'The body cannot be read.', read.problems);
  }
  return read.value;
}

function decode(chunks: readonly Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new BodyError(400, 'The body is not UTF-8.');
  }
}

function toBytes(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk));
}
