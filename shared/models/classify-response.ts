import { isJsonArray, isJsonObject, jsonAt, textAt } from '../tokens/json-guards.ts';
import type { CallVerdict } from './call-outcome.ts';
import { classifyRequestError } from './classify-request-error.ts';
import type { Operation } from './model-client.ts';
import { readCompletion } from './read-completion.ts';
import { readRetryAfterMs, type HeaderReader } from './read-rate-limit.ts';
import { errorMessageIn, serviceErrorIn, type ServiceError } from './service-error.ts';

export interface ModelResponse {
  readonly status: number;
  readonly header: HeaderReader;
  /** The parsed body, or its text when it was no JSON (a proxy's HTML page). */
  readonly body: unknown;
  readonly operation: Operation;
}

/**
 * What a response means for the job and for the deployment. Total: any status, any headers, any body have a verdict, and
 * nothing throws.
 *
 * | status | verdict |
 * |---|---|
 * | 200 | completed; `failed` (`invalid_response`) when the body is no completion; as a 429 or 5xx when it is an error |
 * | 429 | throttled: `capacity` when the service says so, else `quota` |
 * | 400, 413, 422 | refused, with the reason: context, content, request; a 400 page of a proxy: failed |
 * | 401, 403, 404, 3xx | misconfigured (J5) |
 * | 408, 409, 424, 431, 5xx, anything else | failed |
 *
 * Sources: MicrosoftDocs/azure-ai-docs (quota, content filter, error codes); openai/openai-python#937.
 */
export function classifyResponse(response: ModelResponse): CallVerdict {
  const error = serviceErrorIn(response.body);
  if (response.status >= 200 && response.status < 300) {
    return isErrorBody(response.body) ? classifyErrorEvent(response.body) : classifyCompletion(response);
  }
  return classifyError(response, error);
}

/**
 * An error inside a 200: the only event of a stream, or one between its chunks. Its code stands in for the status that
 * could not be sent any more.
 */
export function classifyErrorEvent(event: unknown): CallVerdict {
  const error = serviceErrorIn(event);
  if (isThrottled(error)) {
    return throttled(error, () => undefined);
  }
  if (/^[45]\d\d$/u.test(error.code)) {
    return classifyError({ status: Number(error.code), header: () => undefined, body: event }, error);
  }
  if (error.type === 'invalid_request_error' || error.code === 'content_filter') {
    return classifyRequestError(error, 400);
  }
  const code = [error.code, error.type, 'error_in_stream'].find((candidate) => candidate !== '') ?? '';
  return { kind: 'failed', code, message: errorMessageIn(error, 200) };
}

function classifyError(response: Omit<ModelResponse, 'operation'>, error: ServiceError): CallVerdict {
  const { status } = response;
  const message = errorMessageIn(error, status);
  if (status === 429) {
    return throttled(error, response.header);
  }
  if (status === 413 || status === 422 || (status === 400 && isJsonObject(response.body))) {
    return classifyRequestError(error, status);
  }
  if (status === 401 || status === 403 || status === 404 || (status >= 300 && status < 400)) {
    return { kind: 'misconfigured', code: error.code === '' ? `http_${status}` : error.code, message };
  }
  return { kind: 'failed', code: failureCode(status), message };
}

function failureCode(status: number): string {
  if (status === 408) {
    return 'timeout';
  }
  return status === 431 ? 'request_headers_too_large' : `http_${status}`;
}

function throttled(error: ServiceError, header: HeaderReader): CallVerdict {
  return {
    kind: 'throttled',
    scope: isOutOfCapacity(error) ? 'capacity' : 'quota',
    retryAfterMs: readRetryAfterMs(header, error.message),
  };
}

function isThrottled(error: ServiceError): boolean {
  return (
    error.code === '429' ||
    error.type === 'too_many_requests' ||
    /rate_?limit/iu.test(`${error.code} ${error.type}`) ||
    isOutOfCapacity(error)
  );
}

function isOutOfCapacity(error: ServiceError): boolean {
  return (
    error.code === 'no_capacity' ||
    /high demand|no capacity|insufficient capacity|(?:currently|server is) overloaded/iu.test(error.message)
  );
}

/** An error where a completion was expected: it has an `error`, and nothing that a completion has. */
function isErrorBody(body: unknown): boolean {
  const error = jsonAt(body, 'error');
  return isJsonObject(error) && !isJsonArray(jsonAt(body, 'choices')) && !isJsonArray(jsonAt(body, 'data'));
}

function classifyCompletion(response: ModelResponse): CallVerdict {
  const completion = isJsonObject(response.body) ? readCompletion(response.operation, response.body) : undefined;
  if (completion !== undefined) {
    return { kind: 'completed', completion };
  }
  const shape = textAt(response.body, 'object') ?? (isJsonObject(response.body) ? 'an object' : typeof response.body);
  return {
    kind: 'failed',
    code: 'invalid_response',
    message: `The service answered ${response.status} with a body that is no ${response.operation} result (${shape.slice(0, 60)}).`,
  };
}
