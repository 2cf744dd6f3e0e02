import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Json } from '../../../shared/json.ts';
import { parseJson } from '../../../shared/tokens/json-guards.ts';

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json | undefined;
}

export interface ScriptedModelServer {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  /** Connections that clients opened. */
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}

/** An HTTP server on the loopback address that answers each request as the script says, byte for byte. */
export async function startScriptedModelServer(
  answer: (response: ServerResponse, request: SeenRequest) => void | Promise<void>,
): Promise<ScriptedModelServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (bytes: Buffer) => chunks.push(bytes));
    incoming.on('end', () => {
      const body = parseJson(Buffer.concat(chunks).toString('utf8'));
      const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      seen.push(request);
      void answer(response, request);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function startStream(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
  response.flushHeaders();
}

/** Sends events in one write each, `[DONE]` as it is; resolves when the last one was handed to the socket. */
export async function sendEvents(response: ServerResponse, ...events: readonly Json[]): Promise<void> {
  for (const event of events) {
    await new Promise<void>((resolve) => {
      response.write(`data: ${event === '[DONE]' ? event : JSON.stringify(event)}\n\n`, () => resolve());
    });
  }
}

/** Cuts the connection in the middle of the answer. */
export function cut(response: ServerResponse): void {
  response.socket?.destroy();
}

export function chunk(content: string | null, finishReason: string | null = null): Json {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: finishReason }],
  };
}

export const usageChunk: Json = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 5,
  model: 'gpt-4o-2024-08-06',
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
};

export const completion: Json = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 5,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello', refusal: null }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
  field_of_next_year: { kept: [1, 2] },
};
