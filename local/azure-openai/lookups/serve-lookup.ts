import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Place } from '../exchange.ts';
import { isAllowed } from '../find-target.ts';
import { accessDenied, ServiceError } from '../service-error.ts';
import { answerLookup } from './answer-lookup.ts';
import { routeLookup } from './route-lookup.ts';

/** Answers what asks for models, deployments or stored responses; false when the request asks for something else. */
export async function serveLookup(place: Place, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const lookup = routeLookup(request.method ?? '', request.url ?? '');
  if (lookup === undefined) {
    return false;
  }
  request.resume();
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  const { body, status } = attempt(() => {
    if (!isAllowed(request.headers, place.region.apiKey)) {
      throw accessDenied();
    }
    return answerLookup(place, lookup, query);
  });
  const payload = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
    'x-ms-region': place.region.name,
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('close', () => resolve());
  response.end(payload, () => resolve());
  await promise;
  return true;
}

function attempt(step: () => unknown): { readonly status: number; readonly body: unknown } {
  try {
    return { status: 200, body: step() };
  } catch (error) {
    if (error instanceof ServiceError) {
      return error;
    }
    throw error;
  }
}
