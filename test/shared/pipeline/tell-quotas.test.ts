import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellQuotas } from '../../../shared/pipeline/tell-quotas.ts';
import { eventNames, sluice } from '../../../shared/telemetry/names.ts';
import { pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';

test('while a pump runs, it is told once a minute how each quota stands, and once more at its end', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])] });
  const deps = rig.process();
  const bucketId = 'east.gpt-4o-mini';
  const over = new AbortController();
  await rig.clock.run(deps.reserver.awaitStart({ bucketId, cost: 6000 }, over.signal));
  const unheard = { limitTokens: 30_000, remainingTokens: undefined, limitRequests: undefined };
  deps.reserver.observe(bucketId, {
    startedMs: rig.clock.now(),
    rateLimit: { ...unheard, remainingRequests: undefined },
    throttled: { scope: 'quota', retryAfterMs: 59_000 },
  });

  const telling = tellQuotas(deps, over.signal);
  await rig.clock.advance(50_000);
  over.abort();
  await rig.clock.run(telling);

  const records = rig.telemetry.records.filter(({ eventName }) => eventName === eventNames.quota);
  assert.deepEqual(
    records.map(({ fields }) => fields[sluice.bucket]),
    [bucketId, 'west.gpt-4o-mini'],
  );
  assert.partialDeepStrictEqual(records[0]?.fields, {
    [sluice.quotaLimitTokens]: 30_000,
    [sluice.quotaConfiguredTokens]: 60_000,
    [sluice.quotaLoad]: 0.2,
    [sluice.quotaThrottledMs]: 9000,
    [sluice.clockErrorMs]: 0,
  });
});
