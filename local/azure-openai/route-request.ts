import { gatewayError, notCarried, type Operation, resourceNotFound, type ServiceError } from './service-error.ts';

export interface Route {
  readonly operation: Operation;
  /** Named by the path on classic addresses; on v1 it is the body's `model`. */
  readonly deployment: string | undefined;
  /** As sent, or `v1`. */
  readonly apiVersion: string;
}

/**
 * Which operation an address asks for; throws what the service answers when there is none.
 * Classic: `/openai/deployments/{deployment}/{operation}?api-version=…`, for the Responses API `/openai/responses`
 * (without a version the service knows no such resource). v1: `/openai/v1/{operation}`, where the version is optional.
 */
export function routeRequest(method: string, address: string): Route {
  const url = new URL(address, 'http://localhost');
  const path = url.pathname.replace(/\/+$/u, '');
  const classic = /^\/openai\/deployments\/([^/]+)\/(.+)$/u.exec(path);
  const modern = /^\/openai\/v1\/(.+)$/u.exec(path);
  const rest = classic?.[2] ?? modern?.[1] ?? /^\/openai\/(.+)$/u.exec(path)?.[1];
  if (rest === undefined) {
    throw resourceNotFound();
  }
  const operation = operations.get(rest);
  const isStored = operation === 'chat' && method === 'GET';
  if (operation === undefined || isStored) {
    throw uncarried(rest);
  }
  const apiVersion = url.searchParams.get('api-version');
  const isModern = modern !== null && classic === null;
  const isClassic = apiVersion !== null && (classic === null) === (operation === 'responses');
  if (method !== 'POST' || !(isModern || isClassic)) {
    throw resourceNotFound();
  }
  return {
    operation,
    deployment: classic?.[1] === undefined ? undefined : safeDecode(classic[1]),
    apiVersion: apiVersion ?? 'v1',
  };
}

const operations: ReadonlyMap<string, Route['operation']> = new Map([
  ['chat/completions', 'chat'],
  ['responses', 'responses'],
  ['embeddings', 'embeddings'],
]);

const features: ReadonlyMap<string, string> = new Map([
  ['responses', 'this operation of the Responses API'],
  ['completions', 'legacy completions'],
  ['images', 'images'],
  ['audio', 'audio'],
  ['files', 'files'],
  ['batches', 'batches'],
  ['assistants', 'assistants'],
  ['threads', 'assistants'],
  ['vector_stores', 'vector stores'],
  ['fine_tuning', 'fine-tuning'],
  ['realtime', 'the Realtime API'],
  ['evals', 'evaluations'],
  ['conversations', 'conversations'],
  ['containers', 'containers'],
  ['videos', 'videos'],
  ['uploads', 'uploads'],
  ['chat', 'stored chat completions'],
  ['extensions', 'Azure OpenAI On Your Data'],
]);

function uncarried(rest: string): ServiceError {
  const feature = features.get(rest.split('/')[0] ?? '');
  if (feature === undefined) {
    return resourceNotFound();
  }
  const { code, message } = notCarried(feature);
  return gatewayError(404, code, message);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) {
      return text;
    }
    throw error;
  }
}
