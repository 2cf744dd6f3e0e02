import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { armFirstLane } from '../../../shared/pipeline/arm-lanes.ts';
import { checkHealth } from '../../../shared/pipeline/check-health.ts';
import { pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

test('an app whose parts answer is healthy, and shows its lanes and its deployments', async () => {
  const rig = pipelineRig({ settings: { lanes: 2 } });
  const deps = rig.process();
  await armFirstLane(deps, '');

  assert.deepEqual(await checkHealth(deps), {
    isHealthy: true,
    cosmos: { state: 'ok' },
    serviceBus: { state: 'ok' },
    clock: { state: 'known', skewMs: 0, errorMs: 0 },
    lanes: [
      { id: 'lane-0', state: 'armed' },
      { id: 'lane-1', state: 'idle' },
    ],
    pools: [{ name: 'gpt-4o-mini', deployments: [{ region: 'east', deployment: 'gpt-4o-mini', state: 'closed' }] }],
  });
});

test('B2: a worker whose machine is off, or that cannot tell the time well enough, is not healthy and says so', async () => {
  const deps = pipelineRig().process();
  const skewed = { ...deps.reserver, isReady: async () => false };
  const standing = { errorMs: 20.4, skewMs: -2001.7 };

  const off = await checkHealth({
    ...deps,
    reserver: { ...skewed, clock: () => ({ ...standing, state: 'skewed' }) },
  });
  const unsure = await checkHealth({ ...deps, reserver: skewed });

  assert.partialDeepStrictEqual(off, { isHealthy: false, clock: { state: 'skewed', skewMs: -2002, errorMs: 20 } });
  assert.partialDeepStrictEqual(unsure, { isHealthy: false, clock: { state: 'unknown' } });
});

test('a part that is away is told by its code, and the others are looked at all the same', async () => {
  for (const [part, call] of [
    ['cosmos', 'lanes.read'],
    ['serviceBus', 'queue.hasWork'],
  ] as const) {
    const life = new ProcessLife(({ name }) => (name === call ? new AppError('test.away', '') : 'go'));
    const report = await checkHealth(pipelineRig().process(life));

    assert.equal(report.isHealthy, false);
    assert.deepEqual(report[part], { state: 'down', code: 'test.away' });
    assert.deepEqual(report[part === 'cosmos' ? 'serviceBus' : 'cosmos'], { state: 'ok' });
  }
});

test('a pool is served while one of its deployments is open', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];
  const deps = pipelineRig({ regions }).process();

  tripDeployment(deps, 'east');
  const one = await checkHealth(deps);
  tripDeployment(deps, 'west');
  const none = await checkHealth(deps);

  assert.equal(one.isHealthy, true);
  assert.partialDeepStrictEqual(one.pools[0]?.deployments, [
    { state: 'misconfigured', code: '401' },
    { state: 'closed' },
  ]);
  assert.equal(none.isHealthy, false);
});

test('a breaker that is not closed is shown with its remedy, and without the service’s words', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  tripDeployment(deps, 'east');
  await rig.clock.settle();

  const { pools } = await checkHealth(rig.process());

  const [shown] = pools[0]?.deployments ?? [];
  assert.partialDeepStrictEqual(shown, { state: 'misconfigured', code: '401', untilMs: rig.clock.now() + 22_500 });
  assert.match(shown?.remedy ?? '', /apiKey/u);
  assert.doesNotMatch(JSON.stringify(shown), /The key was refused/u);
});

test('a pool that is paused is shown so, without the operator’s words, and is not unhealthy', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  tripDeployment(deps, 'east');
  await deps.switches.pause({ kind: 'pool', name: 'gpt-4o-mini' }, 'Bob said so.');

  const report = await checkHealth(rig.process());

  assert.equal(report.isHealthy, true);
  assert.deepEqual(report.pools[0]?.paused, { by: 'pool', at: rig.clock.now() });
  assert.doesNotMatch(JSON.stringify(report), /Bob/u);
});

test('a pool whose only deployment is to be tried again is not called unhealthy: without jobs nobody tries it', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  tripDeployment(deps, 'east');
  assert.equal((await checkHealth(deps)).isHealthy, false);

  await rig.clock.advance(22_500);

  assert.partialDeepStrictEqual(await checkHealth(deps), {
    isHealthy: true,
    pools: [{ deployments: [{ state: 'misconfigured' }] }],
  });
});
