import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { away, begin, failed, jobOf, runNext, submit } from './run-one.ts';

/** A delivery whose process dies at the first step of that name, and the lapse of its lock. */
async function dieAt(rig: PipelineRig, name: string, when: 'before' | 'after' = 'before'): Promise<void> {
  const life = new ProcessLife((step) => (step.name === name && step.when === when ? 'die' : 'go'));
  void begin(rig, rig.process(life)).catch(() => undefined);
  await rig.clock.advance(120_000);
  assert.ok(life.isDead, `a process died at ${name}`);
  rig.queue.dropLocks();
}

test('a job whose process dies in its call twice is not called a third time', async () => {
  const rig = pipelineRig();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  await dieAt(rig, 'models.call', 'after');
  await dieAt(rig, 'models.call', 'after');

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'dead-letter', outcome: 'dead-lettered', reason: 'WorkerCrashed' });
  assert.partialDeepStrictEqual(jobOf(rig), { state: 'dead-lettered', figures: { lostCalls: 2 } });
  assert.equal(rig.models.calls.length, 2);
  assert.equal(rig.queue.deadLetters('jobs')[0]?.reason, 'WorkerCrashed');
});

test('a job whose processes die while it waits for its start is called all the same (J3)', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  for (let death = 0; death < 3; death += 1) {
    const full = { bucketId: 'east.gpt-4o-mini', cost: 950 };
    await rig.clock.run(deps.reserver.awaitStart(full, new AbortController().signal));
    const life = new ProcessLife();
    void begin(rig, rig.process(life)).catch(() => undefined);
    await rig.clock.advance(5000);
    life.die();
    rig.queue.dropLocks();
  }
  await rig.clock.advance(120_000);

  await runNext(rig);

  assert.equal(jobOf(rig).state, 'completed');
  assert.equal(rig.models.calls.length, 1);
});

test('a lock that is lost in a call leaves no mark, because the process lives (J3)', async () => {
  const rig = pipelineRig({ script: async () => new Promise(() => undefined) });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  for (let loss = 0; loss < 3; loss += 1) {
    const running = begin(rig, rig.process());
    await rig.clock.advance(1000);
    rig.queue.loseLocks();
    assert.equal((await rig.clock.run(running)).outcome, 'lock-lost');
    await rig.clock.advance(1000);
    assert.equal(jobOf(rig).openCalls, undefined);
  }

  assert.equal(rig.models.calls.length, 3);
  assert.equal(jobOf(rig).state, 'running');
});

test('the mark of a call that was broken off while Cosmos was away is taken back when it answers again', async () => {
  const rig = pipelineRig({ script: async () => new Promise(() => undefined) });
  let isAway = false;
  const life = new ProcessLife(({ name }) => (isAway && name.startsWith('jobs.') ? away : 'go'));
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, rig.process(life));
  await rig.clock.advance(1000);
  isAway = true;
  rig.queue.loseLocks();
  await rig.clock.run(running);
  await rig.clock.advance(60_000);
  assert.equal(jobOf(rig).openCalls?.length, 1);

  isAway = false;
  await rig.clock.advance(5000);

  assert.equal(jobOf(rig).openCalls, undefined);
});

test('a process that is ended breaks its calls off, and gives the jobs back without a mark', async () => {
  const rig = pipelineRig({ script: async () => new Promise(() => undefined) });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const ending = new AbortController();
  const running = begin(rig, { ...rig.process(), ending: ending.signal });
  await rig.clock.advance(1000);
  assert.equal(jobOf(rig).openCalls?.length, 1);

  ending.abort();

  assert.deepEqual(await rig.clock.run(running), { settlement: 'abandon', outcome: 'given-back' });
  assert.equal(jobOf(rig).openCalls, undefined);
  assert.equal(rig.queue.messages('jobs')[0]?.lock, undefined);
});

test('jobs whose calls were lost are called one at a time, and the others beside them', async () => {
  const gates = new Map<string, () => void>();
  const rig = pipelineRig({
    script: async ({ clientRequestId }) => {
      await new Promise<void>((resolve) => gates.set(clientRequestId, resolve));
      return completedWith('Hello');
    },
  });
  for (const id of ['a', 'b']) {
    await submit(rig, chatJob('Hi', { id }));
  }
  const dead = new ProcessLife();
  const lost = rig.process(dead);
  void Promise.allSettled([begin(rig, lost), begin(rig, lost)]);
  await rig.clock.advance(1000);
  dead.die();
  rig.queue.dropLocks();
  gates.clear();
  await submit(rig, chatJob('Hi', { id: 'c' }));

  const deps: PipelineDeps = rig.process();
  const ends = Promise.all([begin(rig, deps), begin(rig, deps), begin(rig, deps)]);
  await rig.clock.advance(5000);
  assert.deepEqual([...gates.keys()].toSorted(), ['a', 'c']);

  gates.get('a')?.();
  await rig.clock.advance(5000);
  assert.ok(gates.has('b'));
  gates.get('b')?.();
  gates.get('c')?.();
  await rig.clock.run(ends);
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => jobOf(rig, id).state),
    ['completed', 'completed', 'completed'],
  );
});

test('a claim whose reply is lost leaves no mark behind, as no call was made (J3)', async () => {
  const rig = pipelineRig();
  let isAway = true;
  const life = new ProcessLife(({ name, when }) =>
    isAway && name === 'jobs.replace' && when === 'after' ? away : 'go',
  );
  await submit(rig, chatJob('Hi', { id: 'a' }));
  await assert.rejects(runNext(rig, rig.process(life)), away);
  assert.equal(jobOf(rig).state, 'running');

  isAway = false;
  await rig.clock.advance(5000);

  assert.equal(jobOf(rig).openCalls, undefined);
});

test('a job whose processes die while it rests between its calls is called all the same (J3)', async () => {
  let isUp = false;
  const rig = pipelineRig({ script: async () => (isUp ? completedWith('Hello') : failed) });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  for (let death = 0; death < 3; death += 1) {
    const life = new ProcessLife();
    void begin(rig, { ...rig.process(life), random: () => 0.5 }).catch(() => undefined);
    while (rig.models.calls.length === death) {
      await rig.clock.advance(10);
    }
    await rig.clock.advance(50);
    life.die();
    assert.equal(jobOf(rig).openCalls, undefined);
    assert.equal(jobOf(rig).attemptCount, death + 1);
    rig.queue.dropLocks();
  }
  isUp = true;

  await runNext(rig);

  assert.equal(jobOf(rig).state, 'completed');
  assert.equal(rig.models.calls.length, 4);
});

test('a job that is cancelled in a call that fails is not called again', async () => {
  const rig = pipelineRig({
    script: async () => {
      await cancelOne(rig.process(), 'a');
      return failed;
    },
  });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'complete', outcome: 'cancelled' });
  assert.equal(rig.models.calls.length, 1);
});
