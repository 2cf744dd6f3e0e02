/**
 * Serves the app's HTTP functions on the loopback address.
 *
 * Answers that do not come from a function: 404 for no route (a known route with another method included, as the host
 * does), 401 for a missing or wrong key, 413 for a buffered body over 100 MB, 429 over `maxOutstandingRequests`, 500 with
 * an empty body for a handler that threw or ran over its time, 503 while stopping.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerBuffered } from './answer-buffered.ts';
import { answerStreamed } from './answer-streamed.ts';
import type { Invoker } from '../app/create-invoker.ts';
import { answerAdmin, isAdminPath } from './admin-endpoint.ts';
import { isAuthorised, type HostKeys } from './host-keys.ts';
import { answerEmpty, type HttpCall, type HttpFunction } from './http-call.ts';
import { openThrottle, type Throttle } from './http-throttle.ts';
import { compareRoutes, matchRoute, parseRoute } from './match-route.ts';
import type { HttpBinding, TriggeredFunction } from '../app/read-bindings.ts';
import type { HttpLimits } from '../settings/read-host-settings.ts';

export interface HttpTriggerSettings {
  readonly functions: readonly HttpFunction[];
  readonly port: number;
  readonly keys: HostKeys | undefined;
  /** What the admin endpoints tell and run. */
  readonly all: readonly TriggeredFunction[];
  readonly hostId: string;
  readonly limits: HttpLimits;
  readonly invoker: Invoker;
  /** Whether the app takes requests as streams. */
  readonly isStreaming: boolean;
}

export interface HttpTrigger {
  readonly port: number;
  /** New requests are answered 503 on open connections; calls in flight go on. */
  readonly stopAccepting: () => void;
  readonly close: () => Promise<void>;
}

/** @throws when the route of a binding is not understood, or begins as the host's own do. */
export function httpFunction(
  { name, binding }: { readonly name: string; readonly binding: HttpBinding },
  routePrefix: string,
): HttpFunction {
  const path = binding.route ?? name;
  if (/^\/*(?:admin|runtime)/iu.test(binding.route ?? '')) {
    throw new Error(`Function "${name}": the route "${path}" begins as the host's own do ("admin", "runtime").`);
  }
  return { name, binding, route: parseRoute(`/${routePrefix}/${path}`.replaceAll(/\/{2,}/gu, '/')) };
}

/** @throws when the port is taken. */
export async function startHttpTrigger(settings: HttpTriggerSettings): Promise<HttpTrigger> {
  const functions = settings.functions.toSorted((left, right) => compareRoutes(left.route, right.route));
  const throttle = openThrottle(settings.limits);
  let accepting = true;
  const server = createServer({ keepAliveTimeout }, (request, response) => {
    if (!accepting) {
      answerEmpty(response.setHeader('connection', 'close'), 503);
      return;
    }
    for (const [name, value] of Object.entries(settings.limits.customHeaders)) {
      response.setHeader(name, value);
    }
    void answer({ ...settings, functions, throttle }, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    stopAccepting: () => {
      accepting = false;
      server.close();
    },
    close: async () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const keepAliveTimeout = 60_000;

async function answer(
  settings: HttpTriggerSettings & { readonly throttle: Throttle },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { functions, keys, all, hostId, invoker, isStreaming, throttle } = settings;
  const url = requestUrl(request);
  if (url !== undefined && isAdminPath(url.pathname)) {
    await answerAdmin({ hostId, functions: all, keys, invoker }, { request, response, url });
    return;
  }
  const found = url === undefined ? undefined : findFunction(functions, request.method ?? '', url.pathname);
  if (url === undefined || found === undefined) {
    answerEmpty(response, 404);
    return;
  }
  const { target, parameters } = found;
  if (!isAuthorised({ authLevel: target.binding.authLevel, functionName: target.name, keys, request, url })) {
    answerEmpty(response, 401);
    return;
  }
  const call: HttpCall = { target, request, response, url, parameters };
  const isTaken = await throttle.run(async () =>
    isStreaming ? answerStreamed(call, invoker) : answerBuffered(call, invoker),
  );
  if (!isTaken) {
    answerEmpty(response, 429);
  }
}

function requestUrl(request: IncomingMessage): URL | undefined {
  const base = `http://${request.headers.host ?? '127.0.0.1'}`;
  return URL.canParse(request.url ?? '', base) ? new URL(request.url ?? '', base) : undefined;
}

function findFunction(functions: readonly HttpFunction[], method: string, path: string) {
  for (const target of functions) {
    const { methods } = target.binding;
    if (methods.length === 0 || methods.includes(method)) {
      const parameters = matchRoute(target.route, path);
      if (parameters !== undefined) {
        return { target, parameters };
      }
    }
  }
  return undefined;
}
