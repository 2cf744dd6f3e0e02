import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

import { admitCall } from './limits/admit-call.ts';
import { answerChat } from './chat/answer-chat.ts';
import { answerEmbeddings } from './embeddings/answer-embeddings.ts';
import type { OpenCall } from './calls/call-book.ts';
import { type ChatRequest, readChatRequest } from './chat/chat-request.ts';
import { type EmbeddingsRequest, readEmbeddingsRequest } from './embeddings/embeddings-request.ts';
import type { Exchange, Place, Service } from './exchange.ts';
import { findTarget, maxBodyBytes, type Target } from './find-target.ts';
import { faultAnswer } from './faults/fault-answer.ts';
import { isAfterAdmission, type Fault } from './faults/model-faults.ts';
import { pause } from './pause.ts';
import { rateLimitHeaders, retryAfterSeconds, retryHeaders } from './limits/rate-limit-headers.ts';
import { readBody } from './read-body.ts';
import type { Deployment, Region } from './region.ts';
import { answerResponse } from './responses/answer-response.ts';
import { readResponsesRequest, type ResponsesRequest } from './responses/responses-request.ts';
import { serveLookup } from './lookups/serve-lookup.ts';
import { quotaExceeded, ServiceError } from './service-error.ts';
import { settlingCall } from './limits/settling-call.ts';

/** Takes one HTTP request to a region from its first byte to the end of its answer. */
export async function serveCall(place: Place, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { region, service } = place;
  if (request.method !== 'POST' && (await serveLookup(place, request, response))) {
    return;
  }
  const body = await readBody(request, maxBodyBytes);
  const clientRequestId = clientRequestIdOf(request.headers);
  const target = attempt(() => findTarget(region, request, body));
  const deployment = target instanceof ServiceError ? undefined : target.deployment;
  const opened = service.book.open({
    at: service.now(),
    region: region.name,
    deployment: deployment?.name ?? '',
    limiter: deployment?.limiterKey ?? '',
    clientRequestId,
  });
  const call = deployment === undefined ? opened : settlingCall(opened, deployment, service.now);
  const headers = { ...commonHeaders(region, clientRequestId), ...(deployment && deploymentHeader(deployment)) };
  try {
    if (target instanceof ServiceError) {
      throw target;
    }
    await answer({ place, target, call, response, headers });
  } catch (error) {
    if (!(error instanceof ServiceError)) {
      call.end({ status: 500, code: 'simulator_error' });
      throw error;
    }
    call.end({ status: error.status, code: error.code });
    const limits = deployment === undefined ? {} : limitHeaders(deployment, service);
    await sendError({ service, response, error, headers: { ...limits, ...headers } });
  }
}

interface Step {
  readonly place: Place;
  readonly target: Target;
  readonly call: OpenCall;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
}

async function answer(step: Step): Promise<void> {
  const { call, place, response, target } = step;
  const { deployment, route } = target;
  const { region, service } = place;
  const request = readRequest(place, target);
  const fault = service.faults.take({ region: region.name, deployment: deployment.name });
  if (fault !== undefined && !isAfterAdmission(fault)) {
    await pause(response, fault.delayMs ?? 0);
    await sendFault(step, fault);
    return;
  }
  const asked = request.operation === 'responses' ? request.chat : request;
  const admission = await admitCall({ service, deployment, call, request: asked });
  const headers = { ...limitHeaders(deployment, service), ...step.headers };
  if (admission.kind === 'throttled') {
    const { at, by, cost, waitMs } = admission;
    const wait = { waitMs, lies: deployment.lies };
    call.end({ status: 429, code: '429', throttledBy: by, at, cost });
    const error = quotaExceeded({ ...route, by, retryAfterSeconds: retryAfterSeconds(wait) });
    await sendError({
      service,
      response,
      error,
      headers: { ...headers, ...retryHeaders({ ...wait, by, isProvisioned: deployment.outputWeight !== undefined }) },
    });
    return;
  }
  const exchange: Exchange = {
    service,
    region,
    deployment,
    call,
    response,
    headers: { ...headers, ...fault?.headers },
    promptTokens: admission.promptTokens,
    fault,
  };
  try {
    await answerRequest(exchange, request);
  } catch (error) {
    if (fault === undefined || !(error instanceof ServiceError)) {
      throw error;
    }
    await sendFault({ ...step, headers }, fault);
  }
}

type AnyRequest = ChatRequest | ResponsesRequest | EmbeddingsRequest;

function readRequest({ region, service }: Place, { body, deployment, route }: Target): AnyRequest {
  const { model } = deployment;
  switch (route.operation) {
    case 'chat':
      return readChatRequest(body, model);
    case 'responses':
      return readResponsesRequest(body, model, (id) => service.responses.find(region.name, id));
    case 'embeddings':
      return readEmbeddingsRequest(body, model);
  }
}

async function answerRequest(exchange: Exchange, request: AnyRequest): Promise<void> {
  switch (request.operation) {
    case 'chat':
      return answerChat(exchange, request);
    case 'responses':
      return answerResponse(exchange, request);
    case 'embeddings':
      return answerEmbeddings(exchange, request);
  }
}

function limitHeaders({ lies, limiter }: Deployment, service: Service): Record<string, string> {
  return rateLimitHeaders(limiter.standing(service.now()), lies);
}

async function sendFault(step: Step, fault: Fault): Promise<void> {
  const { call, place, response } = step;
  const error = faultAnswer(fault);
  call.end({ status: error.status, code: error.code });
  await sendError({ service: place.service, response, error, headers: { ...step.headers, ...fault.headers } });
}

async function sendError(answered: {
  readonly service: Service;
  readonly response: ServerResponse;
  readonly error: ServiceError;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<void> {
  const { error, headers, response, service } = answered;
  await service.book.saved();
  const isText = typeof error.body === 'string';
  const payload = typeof error.body === 'string' ? error.body : JSON.stringify(error.body);
  response.writeHead(error.status, {
    'content-type': isText ? 'text/html' : 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
    ...headers,
  });
  response.end(payload);
}

function attempt<T>(step: () => T): T | ServiceError {
  try {
    return step();
  } catch (error) {
    if (error instanceof ServiceError) {
      return error;
    }
    throw error;
  }
}

function commonHeaders(region: Region, clientRequestId: string): Record<string, string> {
  return {
    'apim-request-id': randomUUID(),
    'x-ms-region': region.name,
    ...(clientRequestId === '' ? {} : { 'x-ms-client-request-id': clientRequestId }),
  };
}

/** Which deployment has answered; on standard and provisioned ones alike. */
function deploymentHeader({ name }: Deployment): Record<string, string> {
  return { 'x-ms-deployment-name': encodeURIComponent(name) };
}

function clientRequestIdOf(headers: IncomingHttpHeaders): string {
  const id = headers['x-ms-client-request-id'];
  return typeof id === 'string' ? id.slice(0, 256) : '';
}
