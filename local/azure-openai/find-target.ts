import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { z } from 'zod';

import type { Deployment, Region } from './region.ts';
import { routeRequest, type Route } from './route-request.ts';
import { accessDenied, deploymentNotFound, gatewayError, invalidRequest, notCarried } from './service-error.ts';

export const maxBodyBytes = 64 * 1024 * 1024;

/** What is known of a call before anybody looks into its body's fields. */
export interface Target {
  readonly route: Route;
  readonly deployment: Deployment;
  readonly body: unknown;
}

/** Throws what the service answers when address, key, body or deployment are wrong, in that order. */
export function findTarget(region: Region, request: IncomingMessage, bytes: Buffer | undefined): Target {
  const route = routeRequest(request.method ?? '', request.url ?? '');
  if (!isAllowed(request.headers, region.apiKey)) {
    throw accessDenied();
  }
  if (bytes === undefined) {
    throw gatewayError(413, 'RequestEntityTooLarge', `The request body exceeds ${maxBodyBytes} bytes.`);
  }
  if (request.headers['x-ms-spillover-deployment'] !== undefined) {
    throw notCarried('spillover', 'x-ms-spillover-deployment');
  }
  const classic = route.deployment === undefined ? undefined : find(region, route.deployment);
  const body = parseJson(bytes);
  const deployment = classic ?? find(region, modelOf(body));
  const operation = route.operation === 'responses' ? 'chat' : route.operation;
  if (deployment.model.operation !== operation) {
    throw gatewayError(
      400,
      'OperationNotSupported',
      `The ${route.operation === 'chat' ? 'chatCompletion' : route.operation} operation does not work with the ` +
        `specified model, ${deployment.modelName}. Please choose different model and try again.`,
    );
  }
  return { route, deployment, body };
}

function find(region: Region, name: string): Deployment {
  const deployment = region.deployments.get(name);
  if (deployment === undefined) {
    throw deploymentNotFound();
  }
  return deployment;
}

/** The key of the resource, or any bearer token: identities are not checked. */
export function isAllowed(headers: IncomingHttpHeaders, apiKey: string): boolean {
  return headers['api-key'] === apiKey || /^Bearer\s+\S/u.test(headers.authorization ?? '');
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw invalidRequest({
        message: 'We could not parse the JSON body of your request. It must be one valid JSON object.',
        param: null,
        code: null,
      });
    }
    throw error;
  }
}

const withModel = z.looseObject({ model: z.string().min(1) });

/** v1 names the deployment in the body. */
function modelOf(body: unknown): string {
  const parsed = withModel.safeParse(body);
  if (!parsed.success) {
    throw invalidRequest({ message: 'you must provide a model parameter', param: null, code: null });
  }
  return parsed.data.model;
}
