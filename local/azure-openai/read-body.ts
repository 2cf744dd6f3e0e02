import type { IncomingMessage } from 'node:http';

/** The whole body, or undefined when it is larger than `maxBytes` (the rest is then read and dropped). */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      chunks.length = 0;
    } else {
      chunks.push(chunk);
    }
  });
  request.on('end', () => {
    resolve(bytes > maxBytes ? undefined : Buffer.concat(chunks));
  });
  request.on('error', reject);
  return promise;
}
