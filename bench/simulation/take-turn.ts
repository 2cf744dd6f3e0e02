import type { Standing, Verdict } from '../../local/azure-openai/limits/window-judge.ts';
import type { CallObservation } from '../../shared/bucket/call-observation.ts';
import type { Reserver } from '../../shared/bucket/reserver.ts';

/** The one bucket of every simulation. */
export const bucketId = 'quota';

/** Nobody stops a simulated worker gently: its signal never rings, and need not keep who listens. */
const neverAborted = new AbortController().signal;
Object.defineProperties(neverAborted, {
  addEventListener: { value: () => undefined },
  removeEventListener: { value: () => undefined },
});

/**
 * Waits for a start as the pipeline does (`shared/pipeline/wait-for-start.ts`): all contact with the way in which the
 * reserver hands out starts is here. `again` when the start was missed and thrown away (B3), or taken back.
 */
export async function takeTurn(reserver: Reserver, cost: number): Promise<'start' | 'again'> {
  const turn = await reserver.awaitStart({ bucketId, cost }, neverAborted);
  return turn.kind === 'start' ? 'start' : 'again';
}

/** What the worker learns from the headers and the status of an answer. */
export function answerOf(standing: Standing, verdict: Verdict): Pick<CallObservation, 'rateLimit' | 'throttled'> {
  const { limitTokens, remainingTokens, limitRequests, remainingRequests } = standing;
  return {
    rateLimit: { limitTokens, remainingTokens, limitRequests, remainingRequests },
    throttled: verdict.kind === 'throttled' ? { scope: 'quota', retryAfterMs: verdict.waitMs } : undefined,
  };
}
