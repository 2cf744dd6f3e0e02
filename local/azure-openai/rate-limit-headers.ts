import type { Standing } from './deployment-limiter.ts';

/**
 * The `x-ratelimit-*` headers of every answer of a deployment. Resets are whole seconds until the window is empty.
 * `remaining-requests` is what is left of the request window, though its name and the documentation say a minute
 * (stuartleeks/aoai-testing).
 */
export function rateLimitHeaders(standing: Standing): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(standing.limitRequests),
    'x-ratelimit-limit-tokens': String(standing.limitTokens),
    'x-ratelimit-remaining-requests': String(standing.remainingRequests),
    'x-ratelimit-remaining-tokens': String(standing.remainingTokens),
    'x-ratelimit-reset-requests': String(Math.ceil(standing.resetRequestsMs / 1000)),
    'x-ratelimit-reset-tokens': String(Math.ceil(standing.resetTokensMs / 1000)),
  };
}

/** For a 429 of our own quota. A wait without end (the call alone exceeds the limit) is told as a day, as seen live. */
export function retryHeaders(waitMs: number, by: 'tokens' | 'requests'): Record<string, string> {
  const seconds = retryAfterSeconds(waitMs);
  return {
    'retry-after': String(seconds),
    'retry-after-ms': String(Number.isFinite(waitMs) ? Math.ceil(waitMs) : seconds * 1000),
    'policy-id': by === 'tokens' ? 'DeploymentRatelimit-Token' : 'DeploymentRatelimit-Call',
  };
}

export function retryAfterSeconds(waitMs: number): number {
  return Number.isFinite(waitMs) ? Math.ceil(waitMs / 1000) : 86_400;
}
