import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelBatch, cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig } from '../../fakes/pipeline-rig.ts';

async function submitBatch(rig: PipelineRig, jobs: number): Promise<void> {
  const submissions = Array.from({ length: jobs }, (_, index) => ({
    envelope: chatJob(`${index}`, { id: `b-${index}`, batchId: 'b' }),
    fallbackId: 'x',
    batchId: undefined,
  }));
  await rig.clock.run(submitJobs(rig.process(), submissions, ''));
}

test('a queued job that is cancelled never runs, and its message goes', async () => {
  const rig = pipelineRig();
  await submitBatch(rig, 1);

  const outcome = await cancelOne(rig.process(), 'b-0');

  assert.equal(outcome.kind, 'cancelled');
  startApp(rig);
  await untilDrained(rig);
  assert.equal(rig.models.calls.length, 0);
  assert.equal(rig.jobs.all()[0]?.state, 'cancelled');
});

test('cancelling again says so; an ended job stays as it ended; an unknown one is unknown', async () => {
  const rig = pipelineRig();
  await submitBatch(rig, 2);
  const deps = rig.process();
  await cancelOne(deps, 'b-0');
  startApp(rig);
  await untilDrained(rig);

  assert.equal((await cancelOne(deps, 'b-0')).kind, 'cancelled');
  assert.partialDeepStrictEqual(await cancelOne(deps, 'b-1'), { kind: 'ended', document: { state: 'completed' } });
  assert.equal((await cancelOne(deps, 'none')).kind, 'unknown');
});

test('cancelling a batch ends what goes on, of any number of pages, and leaves the rest', async () => {
  const rig = pipelineRig();
  await submitBatch(rig, 250);
  const deps = rig.process();
  await cancelOne(deps, 'b-7');
  const before = rig.jobs.written.length;

  assert.deepEqual(await cancelBatch(deps, 'b'), { cancelled: 249, endedBefore: 0 });

  assert.ok(rig.jobs.all().every(({ state }) => state === 'cancelled'));
  assert.equal(rig.jobs.written.length - before, 249);
  assert.deepEqual(await cancelBatch(deps, 'none'), { cancelled: 0, endedBefore: 0 });
});

test('a cancellation that meets other writers wins in the end', async () => {
  const rig = pipelineRig();
  await submitBatch(rig, 1);
  let meddled = 0;
  const deps = rig.process();
  const jobs = {
    ...deps.jobs,
    replace: async (...args: Parameters<typeof deps.jobs.replace>) => {
      const current = meddled < 5 ? await rig.jobs.read('b-0') : undefined;
      meddled += 1;
      await (current === undefined ? undefined : rig.jobs.replace(current.document, current.version));
      return rig.jobs.replace(...args);
    },
  };

  assert.equal((await cancelOne({ ...deps, jobs }, 'b-0')).kind, 'cancelled');
});
