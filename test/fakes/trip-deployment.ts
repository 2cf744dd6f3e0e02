import type { CallOutcome, CallVerdict } from '../../shared/models/call-outcome.ts';
import type { PipelineDeps } from '../../shared/pipeline/deps.ts';

/** An outcome of a call of which nothing else is known. */
export function outcomeOf(verdict: CallVerdict): CallOutcome {
  return {
    status: undefined,
    requestId: undefined,
    latencyMs: 1,
    timeToFirstChunkMs: undefined,
    rateLimit: {
      limitTokens: undefined,
      remainingTokens: undefined,
      limitRequests: undefined,
      remainingRequests: undefined,
    },
    ...verdict,
  };
}

/** Opens the breaker of a region's gpt-4o-mini, as a call that was refused for its key does. */
export function tripDeployment(deps: Pick<PipelineDeps, 'health' | 'clock'>, region: string): void {
  const outcome = outcomeOf({ kind: 'misconfigured', code: '401', message: 'The key was refused.' });
  deps.health.report(
    { region, deployment: 'gpt-4o-mini' },
    { jobId: 'tripping', isFirst: true, startedMs: deps.clock.now(), outcome },
  );
}
