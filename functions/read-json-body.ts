import type { HttpRequest } from '@azure/functions';
import { BodyError } from './body-error.ts';

/** What an operator's call may hold. */
const mostBytes = 256 * 1024;

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
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new BodyError(400, 'The body is not JSON.');
  }
}

function toBytes(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk));
}
