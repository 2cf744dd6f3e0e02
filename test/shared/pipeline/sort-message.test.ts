import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortMessage } from '../../../shared/pipeline/sort-message.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';

/** Two pools: `jobs` is the intake. */
function openRig(): PipelineRig {
  return pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])] });
}

async function sortNext(rig: PipelineRig): Promise<void> {
  const deps = rig.process();
  const [anyPool] = rig.pools;
  const [message] = await deps.queue.receive('jobs', 1, 0);
  assert.ok(anyPool !== undefined && message !== undefined);
  const run = { anyPool, message, pump: '', stopping: new AbortController().signal, onStart: () => undefined };
  await rig.clock.run(sortMessage(deps, run));
}

test('a message that is as large as a queue takes is sorted on by the name of its stored request', async () => {
  const rig = openRig();
  rig.queue.put('jobs', chatJob('x'.repeat(261_000), { id: 'large' }));

  await sortNext(rig);

  const [sorted] = rig.queue.messages('jobs-gpt-4o-mini');
  assert.ok(JSON.stringify(sorted?.body).length < 1000);
  assert.equal(rig.payloads.payloads.size, 1);
  assert.equal(rig.queue.messages('jobs').length, 0);
});

test('a request that is longer as JSON than its sender wrote it is stored', async () => {
  const rig = openRig();
  const { request } = chatJob('Hi');
  const seeds = Array.from({ length: 10_000 }, () => 1e20);
  rig.queue.put('jobs', { id: 'grown', request: { ...request, body: { ...request.body, seeds } } });

  await sortNext(rig);

  assert.equal(rig.payloads.payloads.size, 1);
});

test('a sender’s traceparent of any length does not travel on', async () => {
  const rig = openRig();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }), { traceparent: 'x'.repeat(60_000) });
  rig.queue.put('jobs', chatJob('Hi', { id: 'b' }), { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });

  await sortNext(rig);
  await sortNext(rig);

  const parents = rig.queue.messages('jobs-gpt-4o-mini').map(({ traceparent }) => traceparent);
  assert.deepEqual(parents, [undefined, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]);
});
