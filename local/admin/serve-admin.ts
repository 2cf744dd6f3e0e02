import type { IncomingMessage, ServerResponse } from 'node:http';

import { readBody } from '../azure-openai/read-body.ts';
import type { Administer, AdminRequest } from './admin-request.ts';
import { Problem } from './problem.ts';

/** One request to the admin endpoint. Answers JSON, or `application/problem+json` with the path of each error. */
export async function serveAdmin(
  administer: Administer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(response, 200, await administer(await read(request)));
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    const problem = { type: 'about:blank', status: error.status, detail: error.message, errors: error.errors };
    send(response, error.status, problem);
  }
}

async function read(request: IncomingMessage): Promise<AdminRequest> {
  const bytes = await readBody(request, 1024 * 1024);
  if (bytes === undefined) {
    throw new Problem(413, 'The body exceeds 1 MB.');
  }
  const url = new URL(request.url ?? '', 'http://localhost');
  const [root, ...path] = url.pathname.split('/').filter((segment) => segment !== '');
  if (root !== 'admin') {
    throw new Problem(404, `The admin endpoint begins with /admin, not ${url.pathname}.`);
  }
  return {
    method: request.method ?? '',
    path: path.map((segment) => decodeURIComponent(segment)),
    query: Object.fromEntries(url.searchParams),
    body: parse(bytes),
  };
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) {
    return {};
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new Problem(400, `The body is not JSON: ${error.message}`);
    }
    throw error;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}
