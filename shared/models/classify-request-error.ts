import type { Json, JsonObject } from '../json.ts';
import { jsonAt, textAt } from '../tokens/json-guards.ts';
import type { CallVerdict } from './call-outcome.ts';
import { errorMessageIn, type ServiceError } from './service-error.ts';

/**
 * A 400, 413 or 422: the request will never succeed as it stands (J4), unless the deployment is of another kind than
 * configured. `details` hold the figures and categories that the service gives, never text of the prompt.
 */
export function classifyRequestError(error: ServiceError, status: number): CallVerdict {
  const message = errorMessageIn(error, status);
  if (configurationCodes.has(error.code)) {
    return { kind: 'misconfigured', code: error.code, message };
  }
  const innerCode = textAt(error.inner, 'code');
  if (error.code === 'content_filter' || innerCode === 'ResponsibleAIPolicyViolation') {
    return {
      kind: 'refused',
      reason: 'ContentFiltered',
      code: 'content_filter',
      message,
      details: details(error, { innerCode, contentFilterResult: filterResult(error) }),
    };
  }
  if (isTooLong(error)) {
    return {
      kind: 'refused',
      reason: 'ContextLengthExceeded',
      code: error.code === '' ? 'context_length_exceeded' : error.code,
      message,
      details: details(error, readFigures(error.message)),
    };
  }
  const code = [error.code, error.type, `http_${status}`].find((candidate) => candidate !== '') ?? '';
  return { kind: 'refused', reason: 'InvalidRequest', code, message, details: details(error, { innerCode }) };
}

/** The deployment serves another operation, or the API version is none: the job is not to blame (J5). */
const configurationCodes: ReadonlySet<string> = new Set([
  'OperationNotSupported',
  'DeploymentNotFound',
  'unsupported_api_version',
  'invalid_api_version',
]);

/** Embeddings give no code, only the sentence. */
function isTooLong(error: ServiceError): boolean {
  return (
    error.code === 'context_length_exceeded' ||
    error.code === 'string_above_max_length' ||
    /maximum context length is \d|input tokens exceed the configured limit/iu.test(error.message)
  );
}

/** The figures in the service's sentence, by name; those that it does not give are left out. */
function readFigures(message: string): { readonly [name: string]: Json | undefined } {
  const figure = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(message)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const windowTokens = figure(/(?:maximum context length is|configured limit of) (\d{1,12})/iu);
  const requestedTokens = figure(/(?:requested|resulted in) (?:about )?(\d{1,12}) tokens/iu);
  const isTold = windowTokens !== undefined && requestedTokens !== undefined;
  return {
    windowTokens,
    requestedTokens,
    overByTokens: isTold ? requestedTokens - windowTokens : undefined,
    promptTokens: figure(/\(?(\d{1,12}) (?:tokens )?in (?:the messages|your prompt)/iu),
    outputTokens: figure(/(\d{1,12}) (?:tokens )?(?:in|for) the completion/iu),
  };
}

function filterResult(error: ServiceError): Json | undefined {
  return jsonAt(error.inner, 'content_filter_result') ?? jsonAt(error.inner, 'content_filter_results');
}

function details(error: ServiceError, more: { readonly [name: string]: Json | undefined }): JsonObject {
  const all: [string, Json | undefined][] = [
    ['param', error.param === '' ? undefined : error.param],
    ['type', error.type === '' ? undefined : error.type],
    ...Object.entries(more),
  ];
  const told: [string, Json][] = [];
  for (const [name, value] of all) {
    if (value !== undefined) {
      told.push([name, value]);
    }
  }
  return Object.fromEntries(told);
}
