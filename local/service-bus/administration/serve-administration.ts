import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { QueueAdministration, QueueDescription } from '../queues/queue-administration.ts';
import { checkSasToken, type SharedKey } from '../management/sas-claims.ts';
import {
  AdministrationError,
  badRequest,
  entityExists,
  entityMissing,
  notCarried,
  unauthorised,
} from './administration-error.ts';
import { checkUpdate, readQueueDescription } from './read-queue-description.ts';
import { errorBody, feed, namespaceEntry, queueEntry } from './write-atom.ts';

/** How many queues a page of the list has when the client does not say. */
const usualPage = 100;
const mostBodyBytes = 1024 * 1024;
const longestName = 260;

/** Letters, digits, and between them also `. - _ /`. */
const queueName = /^[a-z0-9](?:[a-z0-9._/-]*[a-z0-9_])?$/iu;

export interface AdministrationSettings {
  readonly administration: QueueAdministration;
  readonly sharedKey: SharedKey;
  /** When the namespace was made, in epoch milliseconds. */
  readonly sinceMs: number;
  readonly now: () => number;
  /** Called after a queue has gone, with its name in lower case. */
  readonly onRemoved: (name: string) => void;
}

/**
 * The HTTP half of Service Bus, as `ServiceBusAdministrationClient` asks it: Atom entries and feeds
 * (https://learn.microsoft.com/rest/api/servicebus/resource-management). Queues are carried; topics, subscriptions, rules
 * and the sending of messages over HTTP are answered with an error that names them. The server listens to nothing: it is
 * handed its connections.
 */
export function createAdministrationServer(settings: AdministrationSettings): Server {
  return createServer((request, response) => {
    answer(settings, request).then(
      ({ status, body }) => reply(response, status, body),
      (error: unknown) => {
        const known = error instanceof AdministrationError;
        const status = known ? error.status : 500;
        reply(response, status, errorBody(status, known ? error.message : `The request failed: ${String(error)}`));
      },
    );
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Call extends AdministrationSettings {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** The path without the leading slash. */
  readonly path: string;
}

async function answer(settings: AdministrationSettings, request: IncomingMessage): Promise<Answer> {
  const url = urlOf(request);
  if (/^\/\$servicebus\/websocket\/?$/iu.test(url.pathname)) {
    throw notCarried('AMQP over WebSockets');
  }
  authorise(settings, request, url);
  const path = decoded(url.pathname.replace(/^\/+|\/+$/gu, ''));
  const call = { ...settings, request, url, path };
  if (path.startsWith('$')) {
    return listing(call);
  }
  if (/\/(?:subscriptions|rules)(?:\/|$)/iu.test(path)) {
    throw notCarried('topics, subscriptions and rules');
  }
  if (/\/messages(?:\/|$)/iu.test(path)) {
    throw notCarried('sending and receiving messages over HTTP');
  }
  const { method = '' } = request;
  const act = new Map([
    ['GET', getQueue],
    ['PUT', putQueue],
    ['DELETE', deleteQueue],
  ]).get(method);
  if (act === undefined) {
    throw notCarried(`the HTTP method ${method}`);
  }
  return act(call);
}

function urlOf({ headers, url }: IncomingMessage): URL {
  const parsed = URL.parse(`http://${headers.host ?? 'localhost'}${url ?? '/'}`);
  if (parsed === null) {
    throw badRequest(`The address '${url ?? ''}' of the request cannot be read.`);
  }
  return parsed;
}

/** What is too large is read to its end all the same, so that the client gets to its answer. */
async function readDocument(request: IncomingMessage): Promise<string> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (Buffer.isBuffer(chunk)) {
      bytes += chunk.length;
      chunks = bytes > mostBodyBytes ? [] : [...chunks, chunk];
    }
  }
  if (bytes > mostBodyBytes) {
    throw badRequest(`The description has ${bytes} bytes; ${mostBodyBytes} are allowed.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function authorise({ sharedKey, now }: AdministrationSettings, request: IncomingMessage, url: URL): void {
  const token = request.headers.authorization ?? '';
  if (/^bearer /iu.test(token)) {
    throw unauthorised(
      'The embedded Service Bus does not carry tokens of Microsoft Entra ID, only shared access keys.',
    );
  }
  const check = checkSasToken(token, url.href, sharedKey, now());
  if (check.kind === 'refused') {
    throw unauthorised(check.description);
  }
}

function listing(call: Call): Answer {
  const path = call.path.toLowerCase();
  if (call.request.method !== 'GET') {
    throw badRequest(`'${call.path}' can only be read.`);
  }
  if (path === '$namespaceinfo') {
    return { status: 200, body: namespaceEntry(call.url.href, call.sinceMs) };
  }
  if (path === '$resources/queues') {
    return { status: 200, body: listQueues(call) };
  }
  throw notCarried(`'${call.path}', only $Resources/Queues and $namespaceinfo`);
}

function listQueues({ administration, now, url }: Call): string {
  const skip = wholeNumber(url, '$skip', 0);
  const top = wholeNumber(url, '$top', usualPage);
  const names = administration.names();
  const queues = names.slice(skip, skip + top).flatMap((name) => administration.describe(name) ?? []);
  const next = new URL(url);
  next.searchParams.set('$skip', String(skip + top));
  next.searchParams.set('$top', String(top));
  const hasMore = skip + top < names.length;
  return feed({
    title: 'Queues',
    links: [{ rel: 'self', href: url.href }, ...(hasMore ? [{ rel: 'next' as const, href: next.href }] : [])],
    entries: queues.map((queue) => queueEntry(queue, addressOf(queue, url))),
    nowMs: now(),
  });
}

/** The service answers for a queue that does not exist with an empty feed; the SDKs turn that into "not found". */
async function getQueue({ administration, now, path, url }: Call): Promise<Answer> {
  const queue = administration.describe(path);
  const nothing = { title: 'Publicly Listed Services', links: [{ rel: 'self' as const, href: url.href }], entries: [] };
  const body = queue === undefined ? feed({ ...nothing, nowMs: now() }) : queueEntry(queue, addressOf(queue, url));
  return { status: 200, body };
}

/** With `If-Match` it is an update, else a creation. */
async function putQueue(call: Call): Promise<Answer> {
  const { administration, path, request, url } = call;
  const document = await readDocument(request);
  if (path.length > longestName || !queueName.test(path)) {
    throw badRequest(`'${path}' cannot be the name of a queue.`);
  }
  const settings = readQueueDescription(path, document);
  const isUpdate = request.headers['if-match'] !== undefined;
  if (isUpdate) {
    const existing = administration.describe(path);
    if (existing === undefined) {
      throw entityMissing(path);
    }
    checkUpdate(existing.settings, settings);
  }
  const { promise, resolve } = Promise.withResolvers<'created' | 'exists' | 'updated' | 'missing'>();
  if (isUpdate) {
    administration.update(settings, resolve);
  } else {
    administration.create(settings, resolve);
  }
  const outcome = await promise;
  if (outcome === 'exists') {
    throw entityExists(path);
  }
  const queue = administration.describe(path);
  if (outcome === 'missing' || queue === undefined) {
    throw entityMissing(path);
  }
  return { status: outcome === 'created' ? 201 : 200, body: queueEntry(queue, addressOf(queue, url)) };
}

async function deleteQueue({ administration, onRemoved, path }: Call): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<'removed' | 'missing'>();
  administration.remove(path, resolve);
  if ((await promise) === 'missing') {
    throw entityMissing(path);
  }
  onRemoved(path.toLowerCase());
  return { status: 200, body: '' };
}

function addressOf({ settings }: QueueDescription, url: URL): string {
  return `${url.origin}/${encodeURI(settings.name)}${url.searchParams.has('api-version') ? `?api-version=${url.searchParams.get('api-version')}` : ''}`;
}

function wholeNumber(url: URL, name: string, usual: number): number {
  const given = url.searchParams.get(name);
  const value = given === null ? usual : Number(given);
  if (!Number.isInteger(value) || value < 0) {
    throw badRequest(`The value '${String(given)}' of ${name} is not a whole number.`);
  }
  return value;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) {
      throw badRequest(`The path '${path}' is not encoded as a URL.`);
    }
    throw error;
  }
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' });
  response.end(body);
}
