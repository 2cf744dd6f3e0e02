/**
 * Requests and responses as streams: for an app that called `app.setup({ enableHttpStream: true })`. The request goes to
 * the library's server in the app's worker (see `open-stream-server.ts`), and its response to the client, both without
 * being held: a slow side slows the other down, and one that breaks off cuts the other.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Invoker } from '../app/create-invoker.ts';
import { answerEmpty, type HttpCall } from './http-call.ts';
import { callerTrace, headerTexts, queryTexts } from './http-data.ts';
import type { AppWorker } from '../app/open-app-worker.ts';
import { invocationIdHeader } from '../app/run-streamed.ts';
import type { TypedData } from '../app/worker-contract.ts';

export async function answerStreamed(call: HttpCall, invoker: Invoker): Promise<void> {
  const { target, request, url, parameters } = call;
  const routeValues: [string, TypedData][] = Object.entries(parameters).map(([name, value]) => [
    name,
    { string: value },
  ]);
  await invoker.invoke(
    {
      functionName: target.name,
      isStreamed: true,
      input: { name: target.binding.name, data: {} },
      triggerMetadata: {
        ...Object.fromEntries(routeValues),
        Headers: { json: JSON.stringify(headerTexts(request)) },
        Query: { json: JSON.stringify(queryTexts(url)) },
      },
      trace: callerTrace(request),
    },
    async (worker, invocationId) => forward(call, worker, invocationId),
  );
}

/** Ends when the response has, one way or the other. */
async function forward(call: HttpCall, worker: AppWorker, invocationId: string): Promise<void> {
  const { request, response } = call;
  const sent = httpRequest({
    host: '127.0.0.1',
    port: worker.app.streamPort,
    agent: worker.agent,
    method: request.method,
    path: request.url,
    headers: forwardedHeaders(call, invocationId),
  });
  // A client that goes away, before its request has ended or after, takes the request to the worker with it.
  response.once('close', () => {
    if (!response.writableFinished) {
      sent.destroy();
    }
  });
  request.pipe(sent);
  try {
    await passOn(await answerTo(sent), response);
  } catch {
    worker.withdraw(invocationId);
    if (response.headersSent) {
      response.destroy();
    } else {
      answerEmpty(response, 500);
    }
  }
}

async function answerTo(sent: ReturnType<typeof httpRequest>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('The worker ended the connection.')));
  });
}

async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !connectionHeaders.has(name)) {
      response.setHeader(name, value);
    }
  }
  response.statusCode = answer.statusCode ?? 500;
  const passed = new Promise<void>((resolve, reject) => {
    response.once('close', resolve);
    answer.once('error', reject);
    answer.once('close', () => {
      if (!answer.complete) {
        reject(new Error('The response broke off.'));
      }
    });
  });
  answer.pipe(response);
  await passed;
}

/** Of a connection and not of what it carries (RFC 9110, 7.6.1). */
const connectionHeaders = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

function forwardedHeaders({ request, url }: HttpCall, invocationId: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== 'expect' && !connectionHeaders.has(name)) {
      headers[name] = value;
    }
  }
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  return {
    ...headers,
    ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}),
    [invocationIdHeader]: invocationId,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': url.host,
  };
}
