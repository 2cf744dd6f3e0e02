import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { armFirstLane, armLanes, wakeLanes } from '../../../shared/pipeline/arm-lanes.ts';
import { changeLane } from '../../../shared/pipeline/change-lane.ts';
import { chatJob, pipelineRig } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';

test('the timer arms a lane when there is work, once, and leaves busy lanes alone', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  assert.equal(await wakeLanes(deps, ''), 'idle');
  rig.queue.put('jobs', chatJob('Hi', { id: 'later' }), { dueAt: rig.clock.now() + 60_000 });
  assert.equal(await wakeLanes(deps, ''), 'idle', 'a scheduled message is no work yet');

  rig.queue.put('jobs', chatJob('Hi', { id: 'now' }));
  assert.equal(await wakeLanes(deps, ''), 'armed');
  assert.equal(await wakeLanes(deps, ''), 'busy');
  assert.equal(rig.queue.messages('pump').length, 1);

  await rig.clock.advance(120_000);
  assert.equal(await wakeLanes(deps, ''), 'armed', 'a lane whose ticket never came has lapsed');
});

test('an arming arms the first lane, whatever the others do', async () => {
  const rig = pipelineRig({ settings: { lanes: 3 } });
  const deps = rig.process();
  assert.equal(await armLanes(deps, 2, ''), true);

  assert.equal(await armFirstLane(deps, ''), false);
  await rig.clock.advance(120_000);
  assert.equal(await armFirstLane(deps, ''), true);

  assert.deepEqual(
    rig.lanes.all().map(({ id, generation }) => `${id} ${generation}`),
    ['lane-0 2', 'lane-1 1'],
  );
});

test('as many lanes are armed as are missing, the first free ones, and no more than there may be', async () => {
  const rig = pipelineRig({ settings: { lanes: 4 } });
  const deps = rig.process();
  assert.equal(await armLanes(deps, 2, ''), true);
  assert.equal(await armLanes(deps, 2, ''), false);
  await changeLane(deps, 'lane-0', (lane) => (lane === undefined ? undefined : { ...lane, state: 'idle' }));

  assert.equal(await armLanes(deps, 2, ''), true);
  assert.equal(await armLanes(deps, 9, ''), true);

  assert.deepEqual(
    rig.lanes.all().map(({ id, state, generation }) => `${id} ${state} ${generation}`),
    ['lane-0 armed 2', 'lane-1 armed 1', 'lane-2 armed 1', 'lane-3 armed 1'],
  );
  assert.equal(rig.queue.messages('pump').length, 5);
});

test('the timer arms as many lanes as there are at least', async () => {
  const rig = pipelineRig({ settings: { lanes: 4, leastLanes: 2 } });
  rig.queue.put('jobs', chatJob());

  assert.equal(await wakeLanes(rig.process(), ''), 'armed');
  assert.equal(await wakeLanes(rig.process(), ''), 'busy');

  assert.equal(rig.queue.messages('pump').length, 2);
});

test('many who arm at once arm one lane and send one ticket', async () => {
  const rig = pipelineRig({ settings: { lanes: 2 } });

  await Promise.all(Array.from({ length: 20 }, async () => armFirstLane(rig.process(), '')));

  assert.equal(rig.queue.messages('pump').length, 1);
  assert.equal(rig.lanes.all().length, 1);
});

test('a lane whose ticket could not be sent is free for the next who arms', async () => {
  const rig = pipelineRig();
  const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
  const life = new ProcessLife(({ name }) => (name === 'queue.send' ? away : 'go'));

  await assert.rejects(armFirstLane(rig.process(life), ''), { code: 'test.away' });

  assert.equal(rig.lanes.all()[0]?.state, 'idle');
  assert.equal(await armFirstLane(rig.process(), ''), true);
  assert.equal(rig.lanes.all()[0]?.generation, 2);
});
