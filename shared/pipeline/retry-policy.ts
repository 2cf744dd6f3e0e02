import type { JobAttempt, JobDocument } from '../jobs/job-document.ts';
import type { DeadLetter } from '../jobs/job-transitions.ts';

/** How long a job that fails through no fault of its own is tried: what is reached first ends it. */
export interface RetryLimits {
  /** Calls that failed, over all its deliveries. */
  readonly mostFailures: number;
  /** Since the first call that failed, in ms. */
  readonly longestMs: number;
  /** Throttled by the service so often in one delivery, a job is parked; before, it waits for another start. */
  readonly mostThrottled: number;
}

/** Calls in one delivery; then the job is parked, so that it does not hold a place in the hand. */
export const mostCalls = 5;

/** The ceiling of the first delay and of all of them, in ms; it doubles with each call of the delivery. */
const firstDelayMs = 500;
const longestDelayMs = 8000;

/** Attempts that the description names. */
const toldAttempts = 3;

export type AfterFailure =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'park' }
  | { readonly kind: 'exhausted'; readonly deadLetter: DeadLetter };

/**
 * What comes after a call that failed. The delay has full jitter (0 to a ceiling that doubles): jobs that failed together
 * do not come back together. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function afterFailure(input: {
  readonly document: JobDocument;
  readonly now: number;
  /** Calls of this delivery so far. */
  readonly calls: number;
  readonly limits: RetryLimits;
  /** 0 ≤ x < 1. */
  readonly random: number;
}): AfterFailure {
  const { document, now, calls, limits, random } = input;
  const { failures = 0, failingSince = now } = document;
  if (failures >= limits.mostFailures || now - failingSince >= limits.longestMs) {
    return { kind: 'exhausted', deadLetter: retriesExhausted(document, now) };
  }
  if (calls >= mostCalls) {
    return { kind: 'park' };
  }
  return { kind: 'again', delayMs: random * Math.min(firstDelayMs * 2 ** (calls - 1), longestDelayMs) };
}

function retriesExhausted(document: JobDocument, now: number): DeadLetter {
  const { failures = 0, failingSince = now, attempts = [] } = document;
  const forMs = now - failingSince;
  const newest = attempts.slice(-toldAttempts).map(tell).join('; ');
  const description = `${failures} calls failed in ${Math.ceil(forMs / 1000)} s. The newest: ${newest}.`;
  const history = attempts.map(({ region, deployment, outcome, code, status, latencyMs, requestId, at }) => ({
    at,
    region,
    deployment,
    outcome,
    code: code ?? null,
    status: status ?? null,
    latencyMs: Math.round(latencyMs),
    requestId: requestId ?? null,
  }));
  return { reason: 'RetriesExhausted', description, figures: { failures, failingForMs: forMs, attempts: history } };
}

function tell({ region, status, code, outcome, latencyMs, requestId }: JobAttempt): string {
  const what = [region, status, code ?? outcome].filter((part) => part !== undefined).join(' ');
  const id = requestId === undefined ? '' : `, request ${requestId}`;
  return `${what} after ${Math.round(latencyMs)} ms${id}`;
}
