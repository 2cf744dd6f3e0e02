import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { resumePools } from '../../../shared/pipeline/resume-pools.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { putJobs } from './put-jobs.ts';

const all = { kind: 'all' } as const;
const twoPools = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o'])];

test('P2: within five seconds of the stop no process starts a call, and nothing is in hand; all goes on after it', async () => {
  const rig = pipelineRig({
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 30_000 })],
    settings: { lanes: 3, leastLanes: 3 },
  });
  const apps = [startApp(rig), startApp(rig), startApp(rig)];
  putJobs(rig, 400);
  await rig.clock.advance(20_000);
  const operator = rig.process();

  await operator.switches.pause(all, 'stop');
  await rig.clock.advance(5000);
  const calls = rig.models.calls.length;
  assert.ok(calls > 20);
  assert.ok(
    rig.queue.messages('jobs').every(({ lock }) => lock === undefined),
    'none is in hand',
  );
  await rig.clock.advance(120_000);

  assert.equal(rig.models.calls.length, calls);
  assert.ok(
    rig.lanes.all().every(({ state }) => state === 'idle'),
    'no lane is kept',
  );
  await rig.clock.run(resumePools(operator, all, ''));
  await untilDrained(rig);
  assert.ok(rig.jobs.all().length === 400 && rig.jobs.all().every(({ state }) => state === 'completed'));
  for (const app of apps) {
    await app.stop();
  }
});

test('P2: a call that is under way when its pool is paused ends, and is recorded', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({ script: async () => answered.promise });
  const app = startApp(rig);
  putJobs(rig, 1);
  await rig.clock.advance(11_000);
  assert.equal(rig.models.calls.length, 1);

  await rig.process().switches.pause(all);
  await rig.clock.advance(10_000);
  answered.resolve(completedWith('Hello'));
  await rig.clock.advance(1000);

  assert.equal(rig.jobs.all()[0]?.state, 'completed');
  await app.stop();
});

test('a paused pool leaves its jobs in the queue, and the other pool goes on', async () => {
  const rig = pipelineRig({ regions: twoPools });
  await rig.process().switches.pause({ kind: 'pool', name: 'gpt-4o-mini' });
  const app = startApp(rig);
  putJobs(rig, 20, { queue: 'jobs-gpt-4o-mini' });
  putJobs(rig, 20, { model: 'gpt-4o', queue: 'jobs-gpt-4o' });

  await rig.clock.advance(60_000);

  assert.deepEqual([...new Set(rig.models.calls.map(({ region }) => region))], ['west']);
  assert.equal(rig.models.calls.length, 20);
  assert.ok(rig.queue.messages('jobs-gpt-4o-mini').every(({ deliveryCount }) => deliveryCount === 0));
  await app.stop();
});

test('the intake is sorted while one pool is paused, and left alone while all are', async () => {
  const rig = pipelineRig({ regions: twoPools });
  const operator = rig.process();
  await operator.switches.pause({ kind: 'pool', name: 'gpt-4o-mini' });
  const app = startApp(rig);
  putJobs(rig, 5);
  await rig.clock.advance(11_000);
  assert.equal(rig.queue.messages('jobs').length, 0);
  assert.equal(rig.queue.messages('jobs-gpt-4o-mini').length, 5);

  await operator.switches.pause(all);
  await rig.clock.advance(2500);
  assert.equal(rig.lanes.all()[0]?.state, 'running');
  putJobs(rig, 5, { model: 'gpt-4o' });
  await rig.clock.advance(60_000);

  assert.equal(rig.queue.messages('jobs').length, 5);
  await app.stop();
});

test('pausing and resuming is told once, without the operator’s words (T1)', async () => {
  const rig = pipelineRig({ regions: twoPools });
  const { switches } = rig.process();
  await switches.pause({ kind: 'pool', name: 'gpt-4o' }, 'Because of Bob.');
  await switches.pause({ kind: 'pool', name: 'gpt-4o' }, 'Because of Bob.');
  await switches.resume({ kind: 'pool', name: 'gpt-4o' });

  const told = rig.telemetry.records.filter(({ eventName }) => eventName === 'pool_switch').map(({ fields }) => fields);
  assert.deepEqual(
    told.map((fields) => [fields['sluice.pool'], fields['sluice.switch.state']]),
    [
      ['gpt-4o', 'paused'],
      ['gpt-4o', 'resumed'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(told), /Bob/u);
});

test('a process that is told to stop gives back what a receive still brings, without a claim', async () => {
  const rig = pipelineRig();
  const app = startApp(rig);
  putJobs(rig, 1);
  await rig.clock.advance(12_000);
  assert.equal(rig.jobs.all().length, 1);
  const stopped = app.stop();
  rig.queue.put('jobs', chatJob('Hi', { id: 'late' }));
  await stopped;

  assert.deepEqual(
    rig.jobs.all().map(({ id }) => id),
    ['gpt-4o-mini-0'],
  );
  assert.partialDeepStrictEqual(rig.queue.messages('jobs'), [{ lock: undefined, deliveryCount: 1 }]);
});
