import type { BucketStanding } from '../bucket/reserver.ts';
import { eventNames, sluice } from '../telemetry/names.ts';
import type { Fields } from '../telemetry/telemetry.ts';
import type { PipelineDeps } from './deps.ts';

/** How often a pump tells how the quotas stand, in ms. */
const tellMs = 60_000;

/** One record a minute and bucket while a pump runs, so that it can be seen why jobs wait; until `signal` is aborted. */
export async function tellQuotas(
  deps: Pick<PipelineDeps, 'reserver' | 'telemetry' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await deps.clock.sleep(tellMs, signal);
    const { errorMs, skewMs } = deps.reserver.clock();
    for (const standing of deps.reserver.standings()) {
      const fields = quotaFields(standing, deps.reserver.now());
      deps.telemetry.record(eventNames.quota, {
        ...fields,
        [sluice.clockErrorMs]: Math.round(errorMs),
        [sluice.clockSkewMs]: skewMs === undefined ? undefined : Math.round(skewMs),
      });
    }
    if (signal.aborted) {
      return;
    }
  }
}

function quotaFields(standing: BucketStanding, now: number): Fields {
  const { bucketId, state, estimateError, horizonMs } = standing;
  if (state === undefined) {
    return { [sluice.bucket]: bucketId };
  }
  const { tokens, requests, configured, service, throttle } = state;
  const admitted = tokens.total - (tokens.snaps.at(-1) ?? 0);
  return {
    [sluice.bucket]: bucketId,
    [sluice.quotaLimitTokens]: tokens.limit,
    [sluice.quotaLimitRequests]: requests.limit,
    [sluice.quotaConfiguredTokens]: configured.tokensPerMinute,
    [sluice.quotaOthersTokens]: service.othersTokens,
    [sluice.quotaLoad]: admitted / tokens.limit,
    [sluice.quotaHorizonMs]: Math.round(horizonMs),
    [sluice.quotaThrottledMs]: Math.max(0, Math.round(throttle.untilMs - now)),
    [sluice.quotaEstimateError]: estimateError?.relative,
    [sluice.quotaWindow]: estimateError?.window,
  };
}
