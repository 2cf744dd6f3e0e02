import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Container } from './containers/catalog.ts';
import type { AuthorizedRequest } from './access/authorize.ts';
import { CosmosError } from './cosmos-error.ts';
import { itemOperationOf } from './items/item-operation.ts';
import { mostItemBytes } from './items/read-document.ts';
import { sessionToken } from './access/read-session.ts';
import { resolvePath } from './resolve-path.ts';
import { parseResource, pathSegments } from './containers/resource-path.ts';
import { runOperation, type Call, type Outcome } from './items/run-operation.ts';
import { isTrue, type CosmosRequest, type Service } from './service.ts';

export interface Front {
  readonly service: Service;
  readonly authorize: (request: AuthorizedRequest) => void;
  readonly log: (line: string) => void;
}

/** An item is 2 MB at most; a patch or a batch needs some room around it. */
const mostRequestBytes = mostItemBytes + 64 * 1024;

/**
 * Reads a request, runs it and writes the answer, or what a fault makes of it. Never throws: what is no refusal is logged
 * and answered with 500.
 */
export async function answerRequest(front: Front, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const result = await resultOf(front, incoming);
  if (result.kind === 'reset') {
    cutOff(incoming.socket);
  } else if (result.kind === 'answered' && !outgoing.destroyed) {
    write(outgoing, result.outcome);
  }
}

/** A connection inside of TLS can be ended, but has no reset of its own. */
function cutOff(socket: Socket): void {
  if (socket instanceof TLSSocket) {
    socket.destroy();
  } else {
    socket.resetAndDestroy();
  }
}

type Result =
  | { readonly kind: 'answered'; readonly outcome: Outcome }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stopped' };

async function resultOf(front: Front, incoming: IncomingMessage): Promise<Result> {
  try {
    return await carryOut(front.service, await readCall(front, incoming));
  } catch (error) {
    if (error instanceof CosmosError) {
      return { kind: 'answered', outcome: { answer: error, container: undefined } };
    }
    if (incoming.complete) {
      const reason = error instanceof Error ? error.stack : String(error);
      front.log(`cosmos: ${incoming.method} ${incoming.url} failed: ${reason}`);
    }
    const answer = new CosmosError('InternalServerError', 'The embedded Cosmos DB failed.', { cause: error });
    return { kind: 'answered', outcome: { answer, container: undefined } };
  }
}

/** Throws `CosmosError` for what is not signed, or names nothing. */
async function readCall(front: Front, incoming: IncomingMessage): Promise<Call> {
  const body = await readBody(incoming);
  const request = readRequest(incoming, body ?? '');
  const { segments, signed } = resolvePath(
    front.service.catalog,
    pathSegments((incoming.url ?? '/').split('?', 1)[0] ?? '/'),
  );
  front.authorize({
    method: request.method,
    path: incoming.url ?? '/',
    isSecure: request.isSecure,
    resource: signed,
    isRead: isRead(request),
    authorization: request.header('authorization'),
    date: request.header('x-ms-date') ?? request.header('date'),
    nowMs: front.service.now(),
  });
  if (body === undefined) {
    throw new CosmosError('RequestEntityTooLarge', 'Request size is too large.');
  }
  const resource = parseResource(segments);
  const operation = itemOperationOf(resource, request);
  const fault = operation === undefined ? undefined : front.service.faults.take(operation);
  return { resource, request, operation, fault };
}

/** Queries and their plans are posted. */
function isRead({ header, method }: CosmosRequest): boolean {
  return (
    method === 'GET' ||
    isTrue(header('x-ms-documentdb-isquery')) ||
    isTrue(header('x-ms-cosmos-is-query-plan-request')) ||
    header('content-type') === 'application/query+json'
  );
}

async function carryOut(service: Service, call: Call): Promise<Result> {
  const { answerDelayMs = 0, delayMs = 0, reset } = call.fault ?? {};
  if (!(await isUpAfter(service, delayMs))) {
    return { kind: 'stopped' };
  }
  if (reset === 'before') {
    return { kind: 'reset' };
  }
  const outcome = runOperation(service, call);
  if (!(await isUpAfter(service, answerDelayMs))) {
    return { kind: 'stopped' };
  }
  return reset === 'after' ? { kind: 'reset' } : { kind: 'answered', outcome };
}

/** Waits, and tells whether the service is still there. */
async function isUpAfter({ stopping }: Service, ms: number): Promise<boolean> {
  if (ms > 0 && !stopping.aborted) {
    await setTimeout(ms, undefined, { signal: stopping }).catch(() => undefined);
  }
  return !stopping.aborted;
}

function readRequest(incoming: IncomingMessage, body: string): CosmosRequest {
  return {
    method: incoming.method ?? 'GET',
    isSecure: incoming.socket instanceof TLSSocket,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
    body,
  };
}

/**
 * The body as text; undefined when it is too large (the rest of it is read and dropped, so that an answer can go out).
 * By events, which costs less than iterating.
 */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostRequestBytes) {
        chunks.push(chunk);
      }
    });
    incoming.once('end', () => {
      resolve(bytes > mostRequestBytes ? undefined : Buffer.concat(chunks).toString('utf8'));
    });
    incoming.on('error', reject);
    incoming.once('close', () => {
      reject(new Error('The request ended before it was complete.'));
    });
  });
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
    ...(refusal === undefined ? {} : refusalHeaders(refusal)),
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
    lsn: String(container.writes.last()),
    'x-ms-session-token': sessionToken(container),
    'x-ms-content-path': container.rid,
    'x-ms-alt-content-path': `dbs/${encodeURIComponent(container.databaseId)}/colls/${encodeURIComponent(container.id)}`,
  };
}

function refusalHeaders({ details: { retryAfterMs, substatus } }: CosmosError): Record<string, string> {
  return {
    ...(substatus === undefined ? {} : { 'x-ms-substatus': String(substatus) }),
    ...(retryAfterMs === undefined ? {} : { 'x-ms-retry-after-ms': String(Math.ceil(retryAfterMs)) }),
  };
}

function errorBody({ code, message, details }: CosmosError, activityId: string): string {
  return JSON.stringify({
    code,
    message: `${message}\r\nActivityId: ${activityId}`,
    ...(details.additionalErrorInfo === undefined ? {} : { additionalErrorInfo: details.additionalErrorInfo }),
  });
}
