import assert from 'node:assert/strict';
import { request } from 'node:http';
import { z } from 'zod';

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Sends a request as it is: `fetch` would tidy up its path and its headers. */
export async function rawRequest(
  url: string,
  input: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { method, path, headers = {}, body } = input;
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, type, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const pathed = z.array(z.object({ path: z.string(), message: z.string().min(1) })).min(1);
const problemSchema = z.object({
  status: z.number(),
  code: z.string().regex(/^[a-z-]+\.[a-z_-]+$/u),
  title: z.string().min(1),
});

/** Statuses of the host itself, which knows no function for the request, or whose function it may not call: no body. */
const hostStatuses: ReadonlySet<number> = new Set([401, 404, 405, 415]);

/** What every answer keeps to: no fault, and a refusal in the form of a problem that says what is wrong, and where. */
export function checkAnswer({ status, type, text }: RawAnswer): void {
  assert.ok(status >= 200 && status < 500, `${status} ${text.slice(0, 300)}`);
  if (status < 400 || (text === '' && hostStatuses.has(status))) {
    return;
  }
  assert.match(type, /^application\/problem\+json/u);
  const body: unknown = JSON.parse(text);
  assert.equal(problemSchema.parse(body).status, status);
  if (status !== 400) {
    return;
  }
  const told = z.object({ problems: pathed.optional(), jobs: z.array(z.unknown()).optional() }).parse(body);
  assert.ok(told.problems !== undefined || told.jobs !== undefined, `no path in ${text.slice(0, 300)}`);
}
