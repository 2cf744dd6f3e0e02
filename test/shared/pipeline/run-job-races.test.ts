import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { eraseJobs } from '../../../shared/dead-letters/erase-jobs.ts';
import { hasEnded } from '../../../shared/jobs/job-document.ts';
import { cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { runJob } from '../../../shared/pipeline/run-job.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';
import { away, begin, inQueue, jobOf, refused, runNext, submit, throttled } from './run-one.ts';

test('a job that is cancelled while it waits for its start is not called', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await rig.clock.run(
    deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 950 }, new AbortController().signal),
  );
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(10_000);
  assert.equal(jobOf(rig).state, 'running');

  await cancelOne(deps, 'a');
  const end = await rig.clock.run(running);

  assert.deepEqual(end, { settlement: 'complete', outcome: 'cancelled' });
  assert.equal(rig.models.calls.length, 0);
  assert.equal(inQueue(rig), 0);
});

test('a job that is cancelled while it waits to probe a deployment leaves the probe to another one', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  tripDeployment(deps, 'east');
  await rig.clock.advance(22_500);
  await rig.clock.run(
    deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 950 }, new AbortController().signal),
  );
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(10_000);
  assert.ok(deps.health.mayProbe({ region: 'east', deployment: 'gpt-4o-mini' }, 'a'));

  await cancelOne(deps, 'a');
  await rig.clock.run(Promise.all([running, renewing(rig, deps, running)]));

  assert.equal(rig.models.calls.length, 0);
  assert.partialDeepStrictEqual(rig.breakers.all(), [{ state: 'misconfigured' }]);
});

/** What the watch of a pump does meanwhile. */
async function renewing(rig: PipelineRig, deps: PipelineDeps, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  void work.finally(() => over.abort());
  while (!over.signal.aborted) {
    await deps.health.refresh();
    await rig.clock.sleep(2000, over.signal);
  }
}

test('a job that is cancelled during its call keeps no result, and its message is completed (J1)', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({ script: async () => answered.promise });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(1000);
  assert.equal(rig.models.calls.length, 1);

  await cancelOne(deps, 'a');
  answered.resolve(completedWith('Hello'));
  await rig.clock.run(running);

  assert.equal(jobOf(rig).state, 'cancelled');
  assert.equal(jobOf(rig).result, undefined);
  assert.equal(inQueue(rig), 0);
});

test('a job that is cancelled during a call that is throttled stays cancelled', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({ script: async () => answered.promise });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(1000);

  await cancelOne(deps, 'a');
  answered.resolve(throttled);
  await rig.clock.run(running);

  assert.equal(jobOf(rig).state, 'cancelled');
  assert.equal(inQueue(rig), 0);
});

test('a lost lock ends the call, records nothing, and the next delivery takes over', async () => {
  let calls = 0;
  const rig = pipelineRig({
    script: async () => {
      calls += 1;
      return calls === 1 ? Promise.withResolvers<CallVerdict>().promise : completedWith('Hello');
    },
  });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const first = begin(rig, deps);
  await rig.clock.advance(1000);

  rig.queue.loseLocks();
  assert.equal((await rig.clock.run(first)).settlement, 'leave');
  await runNext(rig, deps);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'completed', claim: { deliveryCount: 1, attempt: 2 } });
});

test('a process that stops gives back what waits for its start, and lets a call go on', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })],
    script: async () => answered.promise,
  });
  const deps = rig.process();
  const stopping = new AbortController();
  const costly = chatJob('Hi', { id: 'a' });
  await submit(rig, { ...costly, request: { ...costly.request, body: { ...costly.request.body, max_tokens: 900 } } });
  await submit(rig, chatJob('Ho', { id: 'b' }));
  const calling = begin(rig, deps, stopping.signal);
  await rig.clock.advance(1000);
  const waiting = begin(rig, deps, stopping.signal);
  await rig.clock.advance(1000);

  stopping.abort();
  assert.equal((await rig.clock.run(waiting)).settlement, 'abandon');
  answered.resolve(completedWith('Hello'));
  assert.equal((await rig.clock.run(calling)).outcome, 'completed');
});

test('a second message of a job that runs is completed, and the job goes on', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({ script: async () => answered.promise });
  const deps = rig.process();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(1000);

  const second = await runNext(rig, deps);
  answered.resolve(completedWith('Hello'));
  await rig.clock.run(running);

  assert.deepEqual(second, { settlement: 'complete', outcome: 'duplicate' });
  assert.equal(jobOf(rig).state, 'completed');
  assert.equal(rig.models.calls.length, 1);
});

test('a dead-lettered job whose message was not settled has it dead-lettered when it comes again', async () => {
  const rig = pipelineRig({ script: [refused] });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const life = new ProcessLife(({ name, when }) => (name === 'message.deadLetter' && when === 'before' ? away : 'go'));
  await runNext(rig, rig.process(life));
  assert.equal(rig.queue.deadLetters('jobs').length, 0);

  const again = await runNext(rig);

  assert.equal(again.settlement, 'dead-letter');
  assert.partialDeepStrictEqual(rig.queue.deadLetters('jobs')[0], { reason: 'ContextLengthExceeded' });
  assert.equal(rig.models.calls.length, 1);
});

test('a start that is over when the mark of its call is stored is not used (B3)', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await rig.clock.run(
    deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 850 }, new AbortController().signal),
  );
  await submit(rig, chatJob('Hi', { id: 'a' }));
  let slow = 1;
  const writes: (readonly unknown[] | undefined)[] = [];
  const jobs: typeof deps.jobs = {
    ...deps.jobs,
    replace: async (document, version) => {
      slow -= document.openCalls === undefined ? 0 : 1;
      await rig.clock.sleep(document.openCalls !== undefined && slow === 0 ? 2000 : 0);
      writes.push(document.openCalls);
      return deps.jobs.replace(document, version);
    },
  };
  const before = rig.buckets.current('east.gpt-4o-mini')?.tokens.total ?? 0;
  // The window is full but for 150: the job of 101 waits for a while behind one of 150.
  void deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 150 }, new AbortController().signal);
  await rig.clock.advance(100);

  const end = await runNext(rig, { ...deps, jobs });

  // Claimed; marked, too late; without the mark while it waits again (J3); marked, and called; recorded.
  assert.deepEqual(
    writes.map((calls) => calls?.length),
    [undefined, 1, undefined, 1, undefined],
  );
  assert.equal(end.settlement, 'complete');
  assert.equal(rig.models.calls.length, 1);
  assert.equal((rig.buckets.current('east.gpt-4o-mini')?.tokens.total ?? 0) - before, 150 + 2 * 101);
});

test('a job is called in the end, however long its marks take to be stored', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const jobs: typeof deps.jobs = {
    ...deps.jobs,
    replace: async (document, version) => {
      await rig.clock.sleep(2000);
      return deps.jobs.replace(document, version);
    },
  };

  const end = await runNext(rig, { ...deps, jobs });

  assert.equal(end.settlement, 'complete');
  assert.equal(rig.models.calls.length, 1);
});

test('a job that waited long and was taken over meanwhile is not called twice', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const [first, second] = [rig.process(), rig.process()];
  await rig.clock.run(
    first.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 950 }, new AbortController().signal),
  );
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const late = begin(rig, first);
  await rig.clock.advance(1000);
  rig.queue.dropLocks();
  const next = begin(rig, second);

  const ends = await rig.clock.run(Promise.all([late, next]));

  assert.deepEqual(
    ends.map(({ settlement }) => settlement),
    ['leave', 'complete'],
  );
  assert.equal(rig.models.calls.length, 1);
});

test('a job of a paused pool that lies on the queue of another is parked: given back, it would come again at once', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])] });
  const deps = rig.process();
  const [paused, pulled] = rig.pools;
  assert.ok(paused !== undefined && pulled !== undefined);
  await deps.switches.pause({ kind: 'pool', name: paused.name });
  rig.queue.put(pulled.queue, chatJob('Hi', { id: 'a' }));
  const [message] = await deps.queue.receive(pulled.queue, 1, 0);
  assert.ok(message !== undefined);

  const run = { pool: pulled, message, pump: '', stopping: new AbortController().signal, onStart: () => undefined };
  const end = await rig.clock.run(runJob(deps, run));

  assert.equal(end.settlement, 'park');
  assert.equal(rig.queue.messages(paused.queue).length, 1);
  assert.equal(rig.queue.messages(pulled.queue).length, 0);
});

test('a job that is erased during its call leaves nothing of its result behind', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const rig = pipelineRig({ script: async () => answered.promise });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const running = begin(rig, deps);
  await rig.clock.advance(1000);
  await cancelOne(deps, 'a');
  const span = deps.telemetry.startSpan('test', { kind: 'internal' });
  await rig.clock.run(eraseJobs(deps, { ids: ['a'], isErasable: hasEnded, span }));

  answered.resolve(completedWith('Hello '.repeat(10_000)));
  await rig.clock.run(running);

  assert.equal(rig.payloads.payloads.size, 0);
  assert.equal(inQueue(rig), 0);
});
