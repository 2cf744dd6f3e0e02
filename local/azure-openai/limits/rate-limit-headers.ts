import type { Standing } from './window-judge.ts';
import type { HeaderLies } from '../settings.ts';

/**
 * The `x-ratelimit-*` headers of every answer of a deployment. Resets are whole seconds until the window is empty.
 * `remaining-requests` is what is left of the request window, though its name and the documentation say a minute
 * (stuartleeks/aoai-testing). A provisioned deployment tells its utilisation instead, as Azure's own benchmark tool
 * reads it (Azure/azure-openai-benchmark).
 */
export function rateLimitHeaders(standing: Standing, lies: HeaderLies): Record<string, string> {
  if (standing.utilisation !== undefined) {
    return { 'azure-openai-deployment-utilization': `${(standing.utilisation * 100).toFixed(1)}%` };
  }
  return {
    'x-ratelimit-limit-requests': String(lies.limitRequests ?? standing.limitRequests),
    'x-ratelimit-limit-tokens': String(lies.limitTokens ?? standing.limitTokens),
    'x-ratelimit-remaining-requests': String(lies.remainingRequests ?? standing.remainingRequests),
    'x-ratelimit-remaining-tokens': String(lies.remainingTokens ?? standing.remainingTokens),
    'x-ratelimit-reset-requests': String(Math.ceil(standing.resetRequestsMs / 1000)),
    'x-ratelimit-reset-tokens': String(Math.ceil(standing.resetTokensMs / 1000)),
  };
}

/** How long a 429 says that it will take, and what it says instead. */
interface ToldWait {
  readonly waitMs: number;
  readonly lies: HeaderLies;
}

/** For a 429 of our own quota. A wait without end (the call alone exceeds the limit) is told as a day, as seen live. */
export function retryHeaders(
  told: ToldWait & { readonly by: 'tokens' | 'requests'; readonly isProvisioned: boolean },
): Record<string, string> {
  const seconds = retryAfterSeconds(told);
  const milliseconds = retryAfterMs(told);
  return {
    ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    ...(milliseconds === undefined ? {} : { 'retry-after-ms': String(milliseconds) }),
    ...(told.isProvisioned
      ? {}
      : { 'policy-id': told.by === 'tokens' ? 'DeploymentRatelimit-Token' : 'DeploymentRatelimit-Call' }),
  };
}

/** Undefined when nothing is told. */
export function retryAfterSeconds({ waitMs, lies }: ToldWait): number | undefined {
  const honest = Number.isFinite(waitMs) ? Math.ceil(waitMs / 1000) : daySeconds;
  return said(lies.retryAfterSeconds ?? honest);
}

function retryAfterMs({ waitMs, lies }: ToldWait): number | undefined {
  const honest = Number.isFinite(waitMs) ? Math.ceil(waitMs) : daySeconds * 1000;
  return said(lies.retryAfterMs ?? (lies.retryAfterSeconds === undefined ? honest : 'none'));
}

const daySeconds = 86_400;

function said(value: number | 'none'): number | undefined {
  return value === 'none' ? undefined : value;
}
