/**
 * Requests and responses as streams: for an app that called `app.setup({ enableHttpStream: true })`.
 *
 * The library's server (see `open-stream-server.ts`) pairs a request with an invocation by a header, and writes the
 * handler's response to that request's response. It gets ours, so bodies of any size pass through without a copy.
 *
 * 1. Every response ends. The library leaves the response of a failed or empty result open: a handler that threw is
 *    answered 500 and one that returned nothing 204, through the library. A body that breaks off cuts the connection.
 * 2. A slow client slows the handler's body down, and one that goes away cancels it: the library does neither.
 */
import type { Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import { newInvocationId, type HandlerOutcome, type Invoker } from './create-invoker.ts';
import { callerTrace, headerTexts, queryTexts } from './http-data.ts';
import { answerEmpty, type HttpCall } from './http-call.ts';
import type { TypedData } from './worker-contract.ts';

export async function answerStreamed(call: HttpCall, invoker: Invoker, streamServer: Server): Promise<void> {
  const { target, request, response, url, parameters } = call;
  const invocationId = newInvocationId();
  const headers = headerTexts(request);
  request.headers['x-ms-invocation-id'] = invocationId;
  request.headers['x-forwarded-proto'] = 'http';
  request.headers['x-forwarded-host'] = url.host;
  streamServer.emit('request', request, response);
  const routeValues: [string, TypedData][] = Object.entries(parameters).map(([name, value]) => [
    name,
    { string: value },
  ]);
  await invoker.invoke({
    registered: target.registered,
    invocationId,
    input: { name: target.binding.name, data: {} },
    triggerMetadata: {
      ...Object.fromEntries(routeValues),
      Headers: { json: JSON.stringify(headers) },
      Query: { json: JSON.stringify(queryTexts(url)) },
    },
    trace: callerTrace(request),
    shapeResult: (outcome) => shapeResult(outcome, response),
  });
  endUnfinished(response);
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
  answerEmpty(response, 500);
}
