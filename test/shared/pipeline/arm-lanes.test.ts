import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { armFreeLane, wakeLanes } from '../../../shared/pipeline/arm-lanes.ts';
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

test('one arming arms one lane, and the next one the next', async () => {
  const rig = pipelineRig({ settings: { lanes: 3 } });
  const deps = rig.process();

  const armed = [await armFreeLane(deps, ''), await armFreeLane(deps, ''), await armFreeLane(deps, '')];

  assert.deepEqual(armed, [true, true, true]);
  assert.deepEqual(
    rig.lanes.all().map(({ id, state }) => `${id} ${state}`),
    ['lane-0 armed', 'lane-1 armed', 'lane-2 armed'],
  );
  assert.equal(await armFreeLane(deps, ''), false);
});

test('many who arm at once arm one lane and send one ticket', async () => {
  const rig = pipelineRig({ settings: { lanes: 2 } });

  await Promise.all(Array.from({ length: 20 }, async () => armFreeLane(rig.process(), '')));

  assert.equal(rig.queue.messages('pump').length, 1);
  assert.equal(rig.lanes.all().length, 1);
});

test('a lane whose ticket could not be sent is free for the next who arms', async () => {
  const rig = pipelineRig();
  const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
  const life = new ProcessLife(({ name }) => (name === 'queue.send' ? away : 'go'));

  await assert.rejects(armFreeLane(rig.process(life), ''), { code: 'test.away' });

  assert.equal(rig.lanes.all()[0]?.state, 'idle');
  assert.equal(await armFreeLane(rig.process(), ''), true);
  assert.equal(rig.lanes.all()[0]?.generation, 2);
});
