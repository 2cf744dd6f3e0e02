import type { CallOutcome } from '../models/call-outcome.ts';
import type { Trouble } from './breaker.ts';
import { remedyFor } from './deployment-remedy.ts';

/** What a call says about its deployment. */
export type CallEvidence =
  /** It answers: with a result, a refusal of the job, or a 429 that pacing deals with. */
  | { readonly kind: 'answers'; readonly isCounted: boolean }
  /** It failed once, or the job made it fail. */
  | { readonly kind: 'fault'; readonly trouble: Trouble }
  /** Every other call would meet the same. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'nothing' };

/** A wait longer than this is none that pacing could end, in ms. */
export const longestRetryAfterMs = 600_000;

export function judgeCall(outcome: CallOutcome): CallEvidence {
  switch (outcome.kind) {
    case 'completed':
    case 'refused':
      return { kind: 'answers', isCounted: true };
    case 'throttled': {
      const { retryAfterMs = 0 } = outcome;
      return retryAfterMs > longestRetryAfterMs
        ? { kind: 'trouble', trouble: throttledForLong(retryAfterMs) }
        : { kind: 'answers', isCounted: false };
    }
    case 'failed':
      return { kind: 'fault', trouble: toTrouble('open', outcome) };
    case 'misconfigured':
      return { kind: 'trouble', trouble: toTrouble('misconfigured', outcome) };
    case 'aborted':
      return { kind: 'nothing' };
  }
}

function throttledForLong(retryAfterMs: number): Trouble {
  const message = `The deployment asks to wait for ${Math.round(retryAfterMs / 1000)} s. It is tried again sooner.`;
  return toTrouble('open', { code: 'throttled_for_long', message, status: 429 });
}

function toTrouble(
  kind: Trouble['kind'],
  { code, message, status }: { readonly code: string; readonly message: string; readonly status: number | undefined },
): Trouble {
  return { kind, code, message: message.slice(0, longestMessage), remedy: remedyFor({ kind, code, status }) };
}

/** Breakers are read every few seconds: in characters. */
const longestMessage = 500;
