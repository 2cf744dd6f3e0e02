import type { RateLimitFacts } from './call-outcome.ts';

/** Reads one response header; null or undefined when it was not sent. */
export type HeaderReader = (name: string) => string | null | undefined;

/** The `x-ratelimit-*` headers as numbers. What they say is passed on as sent, lies (-1, 0) included. */
export function readRateLimit(header: HeaderReader): RateLimitFacts {
  return {
    limitTokens: numberIn(header('x-ratelimit-limit-tokens')),
    remainingTokens: numberIn(header('x-ratelimit-remaining-tokens')),
    limitRequests: numberIn(header('x-ratelimit-limit-requests')),
    remainingRequests: numberIn(header('x-ratelimit-remaining-requests')),
  };
}

/**
 * How long the service asks to wait, in milliseconds, as sent: -1000, 0 and 86400000 happen, and it is for the bucket to
 * judge them. The longer one of `retry-after-ms` and `retry-after` (seconds), as a token 429 can say 0 ms beside 1 s; the
 * "retry after 7 seconds" of an error message when neither was sent. Undefined when nothing readable was.
 */
export function readRetryAfterMs(header: HeaderReader, message: string): number | undefined {
  const milliseconds = numberIn(header('retry-after-ms'));
  const seconds = numberIn(header('retry-after'));
  if (seconds !== undefined) {
    return Math.max(seconds * 1000, milliseconds ?? Number.NEGATIVE_INFINITY);
  }
  return milliseconds ?? readRetryMessage(message);
}

function readRetryMessage(message: string): number | undefined {
  const match = /(?:retry|try again) (?:after|in) (\d{1,9}(?:\.\d{1,6})?) ?(milliseconds?|ms\b|seconds?|s\b)/iu.exec(
    message,
  );
  if (match === null) {
    return undefined;
  }
  const [, amount = '', unit = ''] = match;
  return Number(amount) * (unit.toLowerCase().startsWith('m') ? 1 : 1000);
}

/** A plain decimal number; undefined for anything else, so that `Infinity`, dates and hex never become a figure. */
function numberIn(value: string | null | undefined): number | undefined {
  const text = value?.trim() ?? '';
  return /^-?\d{1,15}(?:\.\d{1,15})?$/u.test(text) ? Number(text) : undefined;
}
