import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { deadLetterSweeper } from '../../../shared/dead-letters/dead-letter-sweeper.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { chatJob, regionOf } from '../../fakes/pipeline-rig.ts';
import { type Interference, ProcessLife } from '../../fakes/process-life.ts';
import {
  bury,
  type DeadLetterRig,
  deadLetterRig,
  lettersIn,
  named,
  replay,
  runAll,
  spanOf,
} from './dead-letter-rig.ts';
import { jobOf } from '../pipeline/run-one.ts';

test('a replayed job keeps its id, runs in the next epoch, and tells why it had ended', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  assert.equal(jobOf(rig).state, 'dead-lettered');
  assert.equal(lettersIn(rig).length, 1);

  const replayed = await replay(rig, { ids: ['a'] });

  assert.deepEqual(replayed.outcomes, [{ id: 'a', kind: 'replayed' }]);
  assert.equal(replayed.messagesRemoved, 1);
  assert.deepEqual(lettersIn(rig), []);
  await runAll(rig);
  const job = jobOf(rig);
  assert.equal(job.state, 'completed');
  assert.equal(job.epoch, 1);
  assert.partialDeepStrictEqual(job.replays, [{ state: 'dead-lettered', reason: 'ContextLengthExceeded' }]);
  assert.equal(job.reason, undefined);
  assert.equal(rig.models.calls.length, 2);
});

test('a job that was not read by Sluice’s own submit is replayed as well: its request was stored when it ended', async () => {
  const rig = deadLetterRig();
  rig.queue.put('jobs', chatJob('From elsewhere', { id: 'a', options: { metadata: { from: 'elsewhere' } } }));
  await runAll(rig);
  rig.service.isRefusing = false;

  await replay(rig, { ids: ['a'] });
  await runAll(rig);

  assert.equal(jobOf(rig).state, 'completed');
  assert.deepEqual(jobOf(rig).metadata, { from: 'elsewhere' });
});

test('a replay that is called again, before or after the job ran, changes nothing more', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));

  await replay(rig, { ids: ['a'] });
  const again = await replay(rig, { ids: ['a'] });
  assert.equal(again.outcomes[0]?.kind, 'replayed');
  assert.equal(rig.queue.messages('jobs').length, 1, 'its message is there once');
  await runAll(rig);
  const after = await replay(rig, { ids: ['a'] });

  assert.deepEqual(after.outcomes, [{ id: 'a', kind: 'not-a-dead-letter', state: 'completed' }]);
  assert.equal(rig.models.calls.length, 2);
});

test('a dry run says what would be replayed, and writes nothing', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a', 'b'));
  const [written, sent] = [rig.jobs.written.length, rig.queue.sent.length];

  const dry = await replay(rig, { isDryRun: true, patch: { maxOutputTokens: 50 } });

  assert.deepEqual(
    dry.outcomes.map(({ kind }) => kind),
    ['would-replay', 'would-replay'],
  );
  assert.deepEqual([rig.jobs.written.length, rig.queue.sent.length], [written, sent]);
  assert.equal(rig.payloads.payloads.size, 2);
  assert.equal(lettersIn(rig).length, 2);
});

test('a patch sends the job to another model’s pool, with its request stored anew', async () => {
  const rig = deadLetterRig({ regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])] });
  await bury(rig, named('a'));

  await replay(rig, { ids: ['a'], patch: { model: 'gpt-4o', maxOutputTokens: 50, maxCostUsd: 3, priority: 'high' } });
  assert.equal(rig.queue.messages('jobs-gpt-4o-high').length, 1);
  await runAll(rig);

  const job = jobOf(rig);
  assert.partialDeepStrictEqual(job, { state: 'completed', pool: 'gpt-4o', model: 'gpt-4o', priority: 'high' });
  assert.partialDeepStrictEqual(job.replays, [{ patch: { model: 'gpt-4o', maxOutputTokens: 50 } }]);
  assert.deepEqual(rig.models.calls.at(-1)?.body['max_tokens'], 50);
  assert.notEqual(job.submittedDigest, undefined);
});

test('a patched job submitted once more is the job that it was', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await replay(rig, { ids: ['a'], patch: { maxOutputTokens: 50 } });
  await runAll(rig);

  const [envelope = chatJob()] = named('a');
  const again = [{ envelope, fallbackId: 'x', batchId: undefined }];
  const [outcome] = await rig.clock.run(submitJobs(rig.process(), again, ''));

  assert.partialDeepStrictEqual(outcome, { kind: 'accepted', document: { state: 'completed' } });
});

test('what would be refused at once is told, and stays a dead letter', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a', 'b'));

  const other = await replay(rig, { ids: ['a'], patch: { model: 'gpt-99' } });
  const cap = await replay(rig, { ids: ['b'], patch: { maxCostUsd: 0.000_000_1 } });
  const late = await replay(rig, { ids: ['b'], patch: { deadline: '2020-01-01T00:00:00Z' } });

  assert.partialDeepStrictEqual(other.outcomes, [{ kind: 'refused', reason: 'UnknownModel' }]);
  assert.partialDeepStrictEqual(cap.outcomes, [{ kind: 'refused', reason: 'CostCapExceeded' }]);
  assert.partialDeepStrictEqual(late.outcomes, [{ kind: 'refused', reason: 'Expired' }]);
  assert.equal(jobOf(rig).state, 'dead-lettered');
  assert.equal(lettersIn(rig).length, 2);
});

test('an expired job is replayed without its deadline, or with a new one', async () => {
  const rig = deadLetterRig();
  const deadline = new Date(rig.clock.now() + 60_000).toISOString();
  rig.queue.put('jobs', chatJob('a', { id: 'a', options: { deadline } }), { dueAt: rig.clock.now() + 120_000 });
  rig.queue.put('jobs', chatJob('b', { id: 'b', options: { deadline } }), { dueAt: rig.clock.now() + 120_000 });
  await rig.clock.run(rig.clock.sleep(120_000));
  await runAll(rig);
  rig.service.isRefusing = false;
  assert.equal(jobOf(rig).state, 'expired');

  await replay(rig, { ids: ['a'] });
  await replay(rig, { ids: ['b'], patch: { deadline: new Date(rig.clock.now() + 3_600_000).toISOString() } });
  assert.equal(jobOf(rig, 'b').deadline, rig.clock.now() + 3_600_000);
  await runAll(rig);

  assert.equal(jobOf(rig).state, 'completed');
  assert.equal(jobOf(rig, 'b').state, 'completed');
});

test('unknown ids, jobs that go on and lost requests are told apart', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a', 'b'));
  rig.payloads.payloads.clear();
  await replay(rig, { ids: ['b'] });

  const { outcomes } = await replay(rig, { ids: ['a', 'none'] });

  assert.deepEqual(outcomes, [
    { id: 'a', kind: 'no-request' },
    { id: 'none', kind: 'unknown' },
  ]);
});

test('a filter is replayed page by page', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a', 'b', 'c'));

  const first = await replay(rig, { filter: { reason: 'ContextLengthExceeded' }, limit: 2 });
  const rest = await replay(rig, { filter: { reason: 'ContextLengthExceeded' }, limit: 2, after: first.next });

  assert.deepEqual(
    [first, rest].map(({ outcomes, isMore }) => [outcomes.map(({ id }) => id), isMore]),
    [
      [['a', 'b'], true],
      [['c'], false],
    ],
  );
  assert.deepEqual((await replay(rig, { filter: { reason: 'Expired' } })).outcomes, []);
});

test('the old messages are left to the sweep when the queue is away after the jobs were sent', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  const away = new AppError('queue.unavailable', 'Away.', { isRetryable: true });
  const life = new ProcessLife(({ name }) => (name === 'queue.removeDeadLetters' ? away : 'go'));

  const replayed = await replay(rig, { ids: ['a'] }, rig.process(life));

  assert.deepEqual(replayed, {
    outcomes: [{ id: 'a', kind: 'replayed' }],
    isMore: false,
    next: undefined,
    messagesRemoved: 0,
  });
  assert.equal(lettersIn(rig).length, 1);
  const deps = rig.process();
  await rig.clock.run(deadLetterSweeper(deps).sweep(spanOf(deps)));
  assert.deepEqual(lettersIn(rig), []);
});

/** Replays with a patch in a process that dies at the step. False when it lived to the end. */
async function replayAndDie(rig: DeadLetterRig, dieAt: number): Promise<boolean> {
  const interfere: Interference = ({ index }) => (index === dieAt ? 'die' : 'go');
  const life = new ProcessLife(interfere);
  const running = replay(rig, { ids: ['a', 'b'], patch: { maxOutputTokens: 50 } }, rig.process(life));
  await Promise.race([running.catch(() => undefined), rig.clock.run(rig.clock.sleep(1000))]);
  return life.isDead;
}

test('a patched replay that died before it sent is sent by the old message, where that was never dead-lettered', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  const deps = rig.process();
  const dies = { ...deps, queue: { ...deps.queue, send: async () => Promise.reject(new Error('killed')) } };
  await assert.rejects(replay(rig, { ids: ['a'], patch: { maxOutputTokens: 50 } }, dies));
  await rig.queue.removeDeadLetters('jobs', new Set(['1']));
  rig.queue.put('jobs', named('a')[0], { messageId: 'old', sequenceNumber: '1', deliveryCount: 1 });

  await runAll(rig);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'completed', epoch: 1 });
  assert.equal(rig.models.calls.at(-1)?.body['max_tokens'], 50);
});

test('J2: killed at any step, a replay is ended by the same call', async () => {
  let step = 0;
  for (let wasKilled = true; wasKilled; step += 1) {
    const rig = deadLetterRig();
    await bury(rig, named('a', 'b'));
    wasKilled = await replayAndDie(rig, step);

    await replay(rig, { ids: ['a', 'b'], patch: { maxOutputTokens: 50 } });
    await runAll(rig);

    assert.deepEqual([jobOf(rig, 'a').state, jobOf(rig, 'b').state], ['completed', 'completed'], `step ${step}`);
    assert.equal(rig.models.calls.length, 4, `step ${step}`);
    assert.deepEqual(lettersIn(rig), [], `step ${step}`);
  }
  assert.ok(step > 20, `it was killed at ${step} steps`);
});

test('J2: killed at any step, a replay leaves each job a dead letter or runs it, by the sweep alone', async () => {
  let step = 0;
  for (let wasKilled = true; wasKilled; step += 1) {
    const rig = deadLetterRig();
    await bury(rig, named('a', 'b'));
    wasKilled = await replayAndDie(rig, step);

    const deps = rig.process();
    await rig.clock.run(deadLetterSweeper(deps).sweep(spanOf(deps)));
    await runAll(rig);

    const states = [jobOf(rig, 'a').state, jobOf(rig, 'b').state];
    const dead = states.filter((state) => state === 'dead-lettered').length;
    assert.equal(states.filter((state) => state === 'completed').length, 2 - dead, `step ${step}: ${states.join()}`);
    assert.equal(lettersIn(rig).length, dead, `step ${step}`);
  }
  assert.ok(step > 20, `it was killed at ${step} steps`);
});
