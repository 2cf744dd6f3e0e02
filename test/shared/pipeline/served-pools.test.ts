import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armFirstLane, hasWork } from '../../../shared/pipeline/arm-lanes.ts';
import { planLanes } from '../../../shared/pipeline/plan-lanes.ts';
import { servedQueues } from '../../../shared/pipeline/served-pools.ts';
import { watchControl } from '../../../shared/pipeline/watch-control.ts';
import { AppError } from '../../../shared/errors.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

const mini = { kind: 'pool', name: 'gpt-4o-mini' } as const;
const all = { kind: 'all' } as const;

function twoPools() {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o'])] });
  return { rig, deps: rig.process() };
}

test('queues are looked at while their pools can be served, and the intake until all are paused', async () => {
  const { deps } = twoPools();
  const large = ['jobs-gpt-4o', 'jobs-gpt-4o-high'];
  assert.deepEqual(servedQueues(deps), ['jobs', 'jobs-gpt-4o-mini', 'jobs-gpt-4o-mini-high', ...large]);

  await deps.switches.pause(mini);
  assert.deepEqual(servedQueues(deps), ['jobs', ...large]);
  await deps.switches.pause({ kind: 'pool', name: 'gpt-4o' });
  assert.deepEqual(servedQueues(deps), []);
});

test('a pool whose breakers are all open is not looked at until a probe is due', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  assert.equal(await hasWork(deps, new Map()), true);

  tripDeployment(deps, 'east');
  assert.equal(await hasWork(deps, new Map()), false);
  await rig.clock.advance(22_500);
  assert.equal(await hasWork(deps, new Map()), true);
});

test('no lane is planned for what waits in a paused pool', async () => {
  const { rig, deps } = twoPools();
  rig.queue.put('jobs-gpt-4o-mini', chatJob('Hi', { id: 'a' }));
  const run = { endedCalls: 0, callMs: 0, elapsedMs: 0, busyMs: 0, places: 100 };
  assert.equal(await planLanes(deps, run), 1);

  await deps.switches.pause(mini);

  assert.equal(await planLanes(deps, run), 0);
});

test('a pump looks every two seconds, and logs a store that is away once', async () => {
  const rig = pipelineRig();
  let isAway = false;
  const away = new AppError('cosmos.unavailable', '', { isRetryable: true });
  const life = new ProcessLife(({ name }) => (isAway && /^switches|^breakers/u.test(name) ? away : 'go'));
  const deps = rig.process(life);
  const operator = rig.process();
  const over = new AbortController();
  const watching = watchControl(deps, over.signal);
  await rig.clock.settle();
  await operator.switches.pause(all);
  await rig.clock.advance(2000);
  assert.ok(deps.switches.isPaused('gpt-4o-mini'));

  isAway = true;
  await rig.clock.advance(20_000);
  assert.deepEqual(rig.faults.toSorted(), ["reading the pools' switches", 'sharing the breakers of the deployments']);
  assert.ok(deps.switches.isPaused('gpt-4o-mini'), 'what was read last holds');
  isAway = false;
  await operator.switches.resume(all);
  await rig.clock.advance(2000);
  assert.equal(deps.switches.isPaused('gpt-4o-mini'), false);
  over.abort();
  await watching;
});

test('P2: a pump that cannot read the switches pulls nothing', async () => {
  const rig = pipelineRig();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  let isAway = true;
  const away = new AppError('cosmos.unavailable', '', { isRetryable: true });
  const app = startApp(rig, new ProcessLife(({ name }) => (isAway && name.startsWith('switches') ? away : 'go')));
  assert.ok(await armFirstLane(rig.process(), undefined));

  await rig.clock.advance(30_000);
  assert.deepEqual([rig.jobs.all(), rig.queue.messages('jobs')[0]?.deliveryCount], [[], 0]);
  isAway = false;
  await untilDrained(rig, 60_000);
  await app.stop();
});

test('a breaker that is slow to be read does not hold up a stop', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  const slow = { ...deps.health, refresh: async () => Promise.withResolvers<void>().promise };
  const over = new AbortController();
  void watchControl({ ...deps, health: slow }, over.signal);
  await rig.clock.settle();

  await rig.process().switches.pause(all);
  await rig.clock.advance(2000);

  assert.ok(deps.switches.isPaused('gpt-4o-mini'));
  over.abort();
});
