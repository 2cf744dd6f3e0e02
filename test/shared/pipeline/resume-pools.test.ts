import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wakeLanes } from '../../../shared/pipeline/arm-lanes.ts';
import { resumePools } from '../../../shared/pipeline/resume-pools.ts';
import { chatJob, pipelineRig } from '../../fakes/pipeline-rig.ts';

const all = { kind: 'all' } as const;

test('the work of a paused pool arms no lane, and resuming arms one', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  assert.equal(await deps.switches.pause(all, 'An invoice came.'), true);
  assert.equal(await wakeLanes(rig.process(), 'timer'), 'idle');

  assert.equal(await resumePools(deps, all, 'operator'), true);

  assert.equal(rig.lanes.all()[0]?.state, 'armed');
  assert.equal(await resumePools(deps, all, 'operator'), false);
});

test('resuming arms no lane when nothing waits', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  await deps.switches.pause(all);

  assert.equal(await resumePools(deps, all, 'operator'), true);

  assert.deepEqual(rig.lanes.all(), []);
});
