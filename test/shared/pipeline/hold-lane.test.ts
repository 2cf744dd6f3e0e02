import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postponeTicket } from '../../../shared/pipeline/hold-lane.ts';
import { pipelineRig } from '../../fakes/pipeline-rig.ts';

test('L1: a machine whose clock is minutes ahead puts its ticket off by seconds of the service', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  const ahead = { ...deps, clock: { ...deps.clock, now: () => rig.clock.now() + 120_000 } };
  const delivery = { ticket: { lane: 'lane-0', generation: 3 }, sequenceNumber: '7', deliveryCount: 0 };

  await postponeTicket(ahead, delivery, 5000);

  const [ticket] = rig.queue.messages('pump');
  assert.equal((ticket?.dueAt ?? 0) - rig.clock.now(), 5000);
});
