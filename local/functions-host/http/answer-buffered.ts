import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Invoker } from '../app/create-invoker.ts';
import { callerTrace, headerTexts, queryTexts } from './http-data.ts';
import { answerEmpty, type HttpCall } from './http-call.ts';
import { serialiseCookie, rpcCookie } from './serialise-cookie.ts';
import type { HttpData } from '../app/worker-contract.ts';

/** Whole request in, whole response out: for an app that did not switch HTTP streams on. */
export async function answerBuffered(call: HttpCall, invoker: Invoker): Promise<void> {
  const { target, request, response } = call;
  const body = await readBody(request);
  if (body.kind !== 'read') {
    if (body.kind === 'too-large') {
      answerEmpty(response.setHeader('connection', 'close'), 413);
    }
    return;
  }
  const outcome = await invoker.invoke({
    functionName: target.name,
    input: { name: target.binding.name, data: { http: httpData(call, body.bytes) } },
    triggerMetadata: {},
    trace: callerTrace(request),
  });
  if (outcome.kind === 'failed') {
    answerEmpty(response, 500);
    return;
  }
  writeResponse(response, outcome.returnValue);
}

/** The host's default limit of a request body (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`). */
const maxBodyBytes = 104_857_600;

type Body = { readonly kind: 'read'; readonly bytes: Buffer } | { readonly kind: 'too-large' | 'aborted' };

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = z.instanceof(Buffer).parse(chunk);
      size += bytes.length;
      if (size > maxBodyBytes) {
        return { kind: 'too-large' };
      }
      chunks.push(bytes);
    }
  } catch (error) {
    if (request.destroyed) {
      return { kind: 'aborted' };
    }
    throw error;
  }
  return { kind: 'read', bytes: Buffer.concat(chunks) };
}

function httpData({ request, url, parameters }: HttpCall, bytes: Buffer): HttpData {
  return {
    url: url.href,
    method: request.method ?? 'GET',
    headers: headerTexts(request),
    query: queryTexts(url),
    params: parameters,
    ...(bytes.length === 0 ? {} : { body: { bytes } }),
  };
}

/** A function that returned nothing answers 204 ("HTTP trigger: usage", Functions 2.x and later). */
const returnValue = z
  .object({
    http: z.object({
      statusCode: z.coerce.number().int(),
      headers: z.record(z.string(), z.string()),
      cookies: z.array(rpcCookie),
      body: z.object({ bytes: z.instanceof(Uint8Array).optional(), string: z.string().optional() }).nullish(),
    }),
  })
  .nullish();

function writeResponse(response: ServerResponse, value: unknown): void {
  const http = returnValue.parse(value)?.http;
  if (http === undefined) {
    answerEmpty(response, 204);
    return;
  }
  for (const [name, text] of Object.entries(http.headers)) {
    response.setHeader(name, text);
  }
  if (http.cookies.length > 0) {
    response.setHeader('set-cookie', http.cookies.map(serialiseCookie));
  }
  response.statusCode = http.statusCode;
  response.end(http.body?.bytes ?? http.body?.string ?? '');
}
