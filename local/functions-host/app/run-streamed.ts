/**
 * Runs the HTTP calls of an app that called `app.setup({ enableHttpStream: true })`.
 *
 * The library's server (see `open-stream-server.ts`) pairs a request with an invocation by a header, and writes the
 * handler's response to that request's response.
 *
 * 1. A call begins when both its invocation and its request have come: a request that never comes leaves nothing behind.
 * 2. Every response ends. The library leaves the response of a failed or empty result open: a handler that threw is
 *    answered 500 and one that returned nothing 204, through the library. A body that breaks off cuts the connection.
 * 3. A slow client slows the handler's body down, and one that goes away cancels it: the library does neither.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Invocation, InvocationOutcome } from './app-messages.ts';
import type { FunctionsCore } from './functions-core.ts';
import { runInvocation, type HandlerOutcome } from './run-invocation.ts';

export interface StreamedCalls {
  readonly run: (invocation: Invocation) => Promise<InvocationOutcome>;
  /** The request of an invocation will not come. */
  readonly withdraw: (invocationId: string) => void;
}

/** The header by which the library pairs a request with its invocation. */
export const invocationIdHeader = 'x-ms-invocation-id';

export function openStreamedCalls(core: FunctionsCore, server: Server): StreamedCalls {
  const arrived = new Map<string, ServerResponse>();
  const awaited = new Map<string, (response: ServerResponse | undefined) => void>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const invocationId = String(request.headers[invocationIdHeader]);
    const begin = awaited.get(invocationId);
    if (begin !== undefined) {
      begin(response);
      return;
    }
    arrived.set(invocationId, response);
    response.once('close', () => arrived.delete(invocationId));
  });
  const responseOf = async (invocationId: string): Promise<ServerResponse | undefined> => {
    const response = arrived.get(invocationId);
    if (response !== undefined) {
      return response;
    }
    return new Promise((resolve) => {
      awaited.set(invocationId, resolve);
    });
  };
  return {
    run: async (invocation) => {
      const { invocationId } = invocation;
      const response = await responseOf(invocationId);
      awaited.delete(invocationId);
      arrived.delete(invocationId);
      if (response === undefined) {
        return { kind: 'failed', reason: 'The client went away before its call began.' };
      }
      const outcome = await runInvocation({
        core,
        invocation,
        shapeResult: (result) => shapeResult(result, response),
      });
      endUnfinished(response);
      return outcome;
    },
    withdraw: (invocationId) => awaited.get(invocationId)?.(undefined),
  };
}

function shapeResult(outcome: HandlerOutcome, response: ServerResponse): unknown {
  if (outcome.kind === 'threw') {
    return { status: 500 };
  }
  const { value } = outcome;
  if (value === undefined || value === null) {
    return { status: 204 };
  }
  const streamed = streamedResult.safeParse(value);
  if (!streamed.success) {
    return value;
  }
  // An instance of the library's HttpResponse has getters, which a spread would miss.
  const { status, headers, cookies, body } = streamed.data;
  return { status, headers, cookies, body: followClient(body, response) };
}

const streamedResult = z.object({
  status: z.number().optional(),
  headers: z.unknown().optional(),
  cookies: z.unknown().optional(),
  body: z.custom<AsyncIterable<unknown>>(
    (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
  ),
});

/** The same bytes, taken only as fast as the client reads, and cancelled at the source when the client is gone. */
function followClient(body: AsyncIterable<unknown>, response: ServerResponse): ReadableStream<unknown> {
  const reader = (body instanceof ReadableStream ? body : ReadableStream.from(body)).getReader();
  response.once('close', () => {
    // A cancelled read ends as done, which ends the library's loop; a source that fails to cancel has no one to tell.
    reader.cancel(new Error('The client went away.')).catch(() => undefined);
  });
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        await drained(response);
        const next = await reader.read();
        if (next.done) {
          controller.close();
        } else {
          controller.enqueue(next.value);
        }
      },
      cancel: async (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Ends when the client has taken what was written, or is gone. */
async function drained(response: ServerResponse): Promise<void> {
  if (!response.writableNeedDrain || response.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function endUnfinished(response: ServerResponse): void {
  if (response.writableEnded || response.destroyed) {
    return;
  }
  if (response.headersSent) {
    // What was written reaches the client; without an end, so that it sees the break.
    response.write('', () => response.destroy());
    return;
  }
  for (const name of response.getHeaderNames()) {
    response.removeHeader(name);
  }
  response.writeHead(500, { 'content-length': '0' }).end();
}
