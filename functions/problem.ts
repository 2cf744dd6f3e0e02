import type { HttpResponseInit } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import type { Problem } from '../shared/jobs/job-envelope.ts';
import type { JsonObject } from '../shared/json.ts';

/** What a client is told to wait after a fault that passes, in seconds. */
const retryAfterSeconds = '5';

/** An error as `application/problem+json` (RFC 9457). `code` is stable; `problems` name what is wrong, and where. */
export function problem(
  status: number,
  input: {
    readonly code: string;
    readonly title: string;
    readonly detail?: string;
    readonly problems?: readonly Problem[];
    readonly more?: JsonObject;
  },
): HttpResponseInit {
  const { code, title, detail, problems } = input;
  // A job's own `status` is a word; a problem's is the number of the response.
  const { status: _status, ...more } = input.more ?? {};
  const body = { type: 'about:blank', title, status, code, detail, problems, ...more };
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 503 ? { 'retry-after': retryAfterSeconds } : {}),
    },
    body: JSON.stringify(body),
  };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponseInit {
  return jsonText(status, JSON.stringify(body), headers);
}

/** A body that is JSON already. */
export function jsonText(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}

/** An error of ours as a response: 503 when it passes by itself, 500 otherwise. */
export function problemOf(error: unknown, more?: JsonObject): HttpResponseInit {
  if (!(error instanceof AppError)) {
    throw error;
  }
  const title = error.isRetryable ? 'Not available right now' : 'The app cannot serve this';
  const detail = error.message;
  return problem(error.isRetryable ? 503 : 500, {
    code: error.code,
    title,
    detail,
    ...(more === undefined ? {} : { more }),
  });
}
