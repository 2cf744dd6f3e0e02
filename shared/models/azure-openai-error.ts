import { AppError } from '../errors.ts';
import type { EndCause } from './azure-openai-call-end.ts';
import { CredentialFault } from './azure-openai-credential-fault.ts';
import type { CallVerdict } from './call-outcome.ts';
import { classifyResponse } from './classify-response.ts';
import type { ModelRequest } from './model-client.ts';
import type { HeaderReader } from './read-rate-limit.ts';

export interface ClassifiedError {
  readonly verdict: CallVerdict;
  readonly status?: number;
  readonly header?: HeaderReader;
}

/**
 * Turns what a call threw into a verdict: an end from this side first, then an answer with an error status, then faults
 * of identity and of the connection. An AppError is the caller's mistake and goes on.
 */
export function classifyCallError(
  error: unknown,
  request: ModelRequest,
  endedBy: EndCause | undefined,
): ClassifiedError {
  if (endedBy !== undefined) {
    return { verdict: endVerdict(endedBy, request) };
  }
  const answer = readStatusError(error);
  if (answer !== undefined) {
    return { ...answer, verdict: classifyResponse({ ...answer, operation: request.operation }) };
  }
  if (error instanceof AppError) {
    throw error;
  }
  const credentialFault = causes(error).find((cause) => cause instanceof CredentialFault);
  if (credentialFault !== undefined) {
    return { verdict: { kind: 'misconfigured', code: 'credential_failed', message: credentialFault.message } };
  }
  const message = `The connection to region ${request.region} failed (${networkCode(error)}).`;
  return { verdict: { kind: 'failed', code: 'connection_failed', message } };
}

/** What ending a call from this side means. */
export function endVerdict(endedBy: EndCause, request: ModelRequest): CallVerdict {
  switch (endedBy) {
    case 'caller':
      return { kind: 'aborted' };
    case 'timeout':
      return {
        kind: 'failed',
        code: 'timeout',
        message: `Region ${request.region} did not finish its answer in ${request.timeoutMs} ms.`,
      };
    case 'silent':
      return {
        kind: 'failed',
        code: 'stream_silent',
        message: `The stream from region ${request.region} brought no content in the time that the first may take.`,
      };
    case 'idle':
      return {
        kind: 'failed',
        code: 'stream_stalled',
        message: `The stream from region ${request.region} stalled.`,
      };
  }
}

/** The code of the innermost cause that has one (`ECONNREFUSED`, `UND_ERR_SOCKET`), or the error's name. */
export function networkCode(error: unknown): string {
  const codes = causes(error)
    .map((cause) => ('code' in cause && typeof cause.code === 'string' ? cause.code : undefined))
    .filter((code) => code !== undefined);
  return codes.at(-1) ?? (error instanceof Error ? error.name : 'unknown');
}

/** An SDK error that carries an answer: a status, headers, and the inside of `{"error": …}` or the text of the body. */
function readStatusError(
  error: unknown,
): { readonly status: number; readonly header: HeaderReader; readonly body: unknown } | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') {
    return undefined;
  }
  const inside = 'error' in error ? error.error : undefined;
  return {
    status: error.status,
    header: headerReader('headers' in error ? error.headers : undefined),
    body: inside === undefined ? error.message.replace(/^\d{3} /u, '') : { error: inside },
  };
}

function headerReader(headers: unknown): HeaderReader {
  return isHeaders(headers) ? (name) => headers.get(name) : () => undefined;
}

/** undici's `Headers` are not the built-in class, so they are known by their `get`. */
function isHeaders(value: unknown): value is { readonly get: HeaderReader } {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function';
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  let current = error;
  while (current instanceof Error && chain.length < 8) {
    chain.push(current);
    current = current.cause;
  }
  return chain;
}
