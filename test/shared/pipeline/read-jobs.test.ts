import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { batchProgressReader, batchResults, resultOf } from '../../../shared/pipeline/read-jobs.ts';
import { cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig } from '../../fakes/pipeline-rig.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';

async function submitBatch(rig: PipelineRig, jobs: number): Promise<void> {
  const submissions = Array.from({ length: jobs }, (_, index) => ({
    envelope: chatJob(`${index}`, { customId: `line-${index}` }),
    fallbackId: 'x',
    batchId: 'b',
  }));
  await rig.clock.run(submitJobs(rig.process(), submissions, ''));
}

const anyObject = z.record(z.string(), z.json());

async function linesOf(rig: PipelineRig): Promise<readonly z.infer<typeof anyObject>[]> {
  const lines: z.infer<typeof anyObject>[] = [];
  for await (const line of batchResults(rig.process(), 'b')) {
    lines.push(anyObject.parse(JSON.parse(line)));
  }
  return lines;
}

test('the progress of a batch counts its jobs by state, and is done when all have ended', async () => {
  const rig = pipelineRig();
  const progressOf = batchProgressReader(rig.process());
  assert.partialDeepStrictEqual(await progressOf('b'), { total: 0, isDone: false });
  await submitBatch(rig, 3);
  await cancelOne(rig.process(), 'b:line-0');
  await rig.clock.advance(1001);

  const before = await progressOf('b');
  assert.partialDeepStrictEqual(before, { total: 3, byState: { queued: 2, cancelled: 1 }, isDone: false });
  startApp(rig);
  await untilDrained(rig);
  await rig.clock.advance(1001);

  assert.partialDeepStrictEqual(await progressOf('b'), { total: 3, byState: { completed: 2 }, isDone: true });
});

test('a count is made once a second at the most, however many ask', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  let counts = 0;
  const countByState: typeof deps.jobs.countByState = async (batchId) => {
    counts += 1;
    return rig.jobs.countByState(batchId);
  };
  const progressOf = batchProgressReader({ ...deps, jobs: { ...deps.jobs, countByState } });

  await Promise.all(Array.from({ length: 50 }, async () => progressOf('b')));
  assert.equal(counts, 1);
  await rig.clock.advance(1001);
  await progressOf('b');
  assert.equal(counts, 2);
});

test('a count that failed is not remembered', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  let isAway = true;
  const countByState: typeof deps.jobs.countByState = async (batchId) => {
    if (isAway) {
      throw new TypeError('away');
    }
    return rig.jobs.countByState(batchId);
  };
  const progressOf = batchProgressReader({ ...deps, jobs: { ...deps.jobs, countByState } });
  await assert.rejects(progressOf('b'));

  isAway = false;

  assert.equal((await progressOf('b')).total, 0);
});

test('the results of a batch are the lines of what has ended, each once, over any number of pages', async () => {
  const rig = pipelineRig({ script: ({ clientRequestId }) => completedWith(clientRequestId) });
  await submitBatch(rig, 120);
  await cancelOne(rig.process(), 'b:line-5');
  startApp(rig);
  await rig.clock.advance(2000);
  const early = await linesOf(rig);
  await untilDrained(rig);

  const lines = await linesOf(rig);

  assert.ok(early.length > 0 && early.length < 120, `${early.length} lines in the beginning`);
  assert.equal(new Set(lines.map((line) => line['custom_id'])).size, 120);
  const byId = new Map(lines.map((line) => [line['custom_id'], line]));
  assert.partialDeepStrictEqual(byId.get('line-7'), {
    response: { status_code: 200, body: { choices: [{ message: { content: 'b:line-7' } }] } },
    error: null,
  });
  assert.partialDeepStrictEqual(byId.get('line-5'), { response: null, error: { code: 'cancelled' } });
});

test('a result is read from wherever it is kept', async () => {
  const rig = pipelineRig({ script: [completedWith('x'.repeat(30_000))] });
  await submitBatch(rig, 1);
  startApp(rig);
  await untilDrained(rig);
  const [job] = rig.jobs.all();
  assert.ok(job !== undefined);

  assert.partialDeepStrictEqual(JSON.parse((await resultOf(rig.process(), job)) ?? ''), {
    choices: [{ message: { content: 'x'.repeat(30_000) } }],
  });
  const { resultRef: _resultRef, ...small } = job;
  assert.deepEqual(await resultOf(rig.process(), { ...small, result: { id: 'small' } }), '{"id":"small"}');
  rig.payloads.payloads.clear();
  assert.equal(await resultOf(rig.process(), job), undefined);
});

test('a stored result is given back as the model wrote it, however large it is', async () => {
  const rig = pipelineRig();
  const text = `{"n":1.000,"x":"${'x'.repeat(70_000_000)}"}`;
  await submitBatch(rig, 1);
  const [job] = rig.jobs.all();
  assert.ok(job !== undefined);
  await rig.payloads.put('results/a~1.json', text);

  assert.ok((await resultOf(rig.process(), { ...job, resultRef: 'results/a~1.json' })) === text);
});
