import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Container } from './catalog.ts';
import type { SignedRequest } from './check-signature.ts';
import { CosmosError } from './cosmos-error.ts';
import { mostItemBytes } from './read-document.ts';
import { parseResource, pathSegments, signedResource } from './resource-path.ts';
import { runOperation, type Outcome } from './run-operation.ts';
import type { CosmosRequest, Service } from './service.ts';

export interface Front {
  readonly service: Service;
  readonly checkSignature: (request: SignedRequest) => void;
  readonly log: (line: string) => void;
}

/** An item is 2 MB at most; a patch or a batch needs some room around it. */
const mostRequestBytes = mostItemBytes + 64 * 1024;

/** Reads a request, runs it and writes the answer. Never throws: what is no refusal is logged and answered with 500. */
export async function answerRequest(front: Front, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const outcome = await outcomeOf(front, incoming);
  if (!outgoing.destroyed) {
    write(outgoing, outcome);
  }
}

async function outcomeOf(front: Front, incoming: IncomingMessage): Promise<Outcome> {
  try {
    const body = await readBody(incoming);
    const request = readRequest(incoming, body ?? '');
    const segments = pathSegments((incoming.url ?? '/').split('?', 1)[0] ?? '/');
    front.checkSignature({
      method: request.method,
      resource: signedResource(segments),
      authorization: request.header('authorization'),
      date: request.header('x-ms-date') ?? request.header('date'),
      nowMs: front.service.now(),
    });
    if (body === undefined) {
      throw new CosmosError('RequestEntityTooLarge', 'Request size is too large.');
    }
    return runOperation(front.service, parseResource(segments), request);
  } catch (error) {
    if (error instanceof CosmosError) {
      return { answer: error, container: undefined };
    }
    if (incoming.complete) {
      const reason = error instanceof Error ? error.stack : String(error);
      front.log(`cosmos: ${incoming.method} ${incoming.url} failed: ${reason}`);
    }
    const cause = { cause: error };
    return {
      answer: new CosmosError('InternalServerError', 'The embedded Cosmos DB failed.', cause),
      container: undefined,
    };
  }
}

function readRequest(incoming: IncomingMessage, body: string): CosmosRequest {
  return {
    method: incoming.method ?? 'GET',
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
    body,
  };
}

/** The body as text; undefined when it is too large (the rest of it is read and dropped, so that an answer can go out). */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    if (Buffer.isBuffer(chunk)) {
      bytes += chunk.length;
      if (bytes <= mostRequestBytes) {
        chunks.push(chunk);
      }
    }
  }
  return bytes > mostRequestBytes ? undefined : Buffer.concat(chunks).toString('utf8');
}

function write(outgoing: ServerResponse, { answer, container }: Outcome): void {
  const activityId = randomUUID();
  const refusal = answer instanceof CosmosError ? answer : undefined;
  const charge = answer instanceof CosmosError ? (answer.details.charge ?? 0) : answer.charge;
  const body = answer instanceof CosmosError ? errorBody(answer, activityId) : answer.body;
  const headers: Record<string, string> = {
    ...commonHeaders(activityId, charge),
    ...(container === undefined ? {} : containerHeaders(container)),
    ...(answer instanceof CosmosError ? {} : answer.headers),
    ...(refusal?.details.substatus === undefined ? {} : { 'x-ms-substatus': String(refusal.details.substatus) }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  };
  outgoing.writeHead(answer.status, headers);
  outgoing.end(body);
}

function commonHeaders(activityId: string, charge: number): Record<string, string> {
  return {
    'x-ms-activity-id': activityId,
    'x-ms-request-charge': String(charge),
    'x-ms-version': '2020-07-15',
    'cache-control': 'no-store, no-cache',
  };
}

function containerHeaders(container: Container): Record<string, string> {
  return {
    lsn: String(container.meter.lsn),
    'x-ms-session-token': `0:-1#${container.meter.lsn}`,
    'x-ms-content-path': container.rid,
    'x-ms-alt-content-path': `dbs/${encodeURIComponent(container.databaseId)}/colls/${encodeURIComponent(container.id)}`,
  };
}

function errorBody({ code, message, details }: CosmosError, activityId: string): string {
  return JSON.stringify({
    code,
    message: `${message}\r\nActivityId: ${activityId}`,
    ...(details.additionalErrorInfo === undefined ? {} : { additionalErrorInfo: details.additionalErrorInfo }),
  });
}
