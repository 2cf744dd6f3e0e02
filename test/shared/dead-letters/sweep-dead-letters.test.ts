import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { deadLetterSweeper, type Sweeper } from '../../../shared/dead-letters/dead-letter-sweeper.ts';
import type { Swept } from '../../../shared/dead-letters/sweep-dead-letters.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { chatJob } from '../../fakes/pipeline-rig.ts';
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

function sweeperOf(rig: DeadLetterRig): { readonly sweeper: Sweeper; readonly sweep: () => Promise<Swept> } {
  const deps = rig.process();
  const sweeper = deadLetterSweeper(deps);
  return { sweeper, sweep: async () => rig.clock.run(sweeper.sweep(spanOf(deps))) };
}

async function submitOne(rig: DeadLetterRig, id: string): Promise<string> {
  const submission = { envelope: chatJob(`The text of ${id}`, { id }), fallbackId: id, batchId: undefined };
  await rig.clock.run(submitJobs(rig.process(), [submission], ''));
  return rig.queue.messages('jobs').at(-1)?.messageId ?? '';
}

test('a job that the broker gave up becomes a dead letter like others, and is replayed like others', async () => {
  const rig = deadLetterRig();
  rig.service.isRefusing = false;
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'a'), 'MaxDeliveryCountExceeded');
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'b'), 'TTLExpiredException');
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'c'), 'MovedByHand');

  const swept = await sweeperOf(rig).sweep();

  assert.partialDeepStrictEqual(swept, { judged: 3, adopted: 3, removed: 0 });
  assert.partialDeepStrictEqual(jobOf(rig, 'a'), { state: 'dead-lettered', reason: 'WorkerCrashed' });
  assert.partialDeepStrictEqual(jobOf(rig, 'b'), { state: 'expired', reason: 'Expired' });
  assert.partialDeepStrictEqual(jobOf(rig, 'c'), { state: 'dead-lettered', reason: 'InvalidJob' });
  assert.match(jobOf(rig, 'a').description ?? '', /MaxDeliveryCountExceeded, says the broker/u);
  await replay(rig, { ids: ['a', 'b', 'c'] });
  await runAll(rig);
  assert.deepEqual(
    rig.jobs.all().map(({ state }) => state),
    ['completed', 'completed', 'completed'],
  );
  assert.deepEqual(lettersIn(rig), []);
});

test('a job of another sender that the broker gave up before any pump saw it gets a document', async () => {
  const rig = deadLetterRig();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a', batchId: 'b' }), { messageId: 'their-own' });
  rig.queue.deadLetterAs('jobs', 'their-own', 'MaxDeliveryCountExceeded');

  await sweeperOf(rig).sweep();

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'dead-lettered', batchId: 'b', pool: 'gpt-4o-mini' });
});

test('a message that is no job stays where it is, however often it is looked at', async () => {
  const rig = deadLetterRig();
  rig.queue.put('jobs', 'no job', { messageId: 'junk' });
  rig.queue.put('jobs', { id: 'x', request: { method: 'GET' } }, { messageId: 'half' });
  rig.queue.put('jobs', 'no job either', { messageId: 'given-up' });
  rig.queue.deadLetterAs('jobs', 'given-up', 'MaxDeliveryCountExceeded');
  await runAll(rig);
  const { sweep } = sweeperOf(rig);

  await sweep();
  await sweep();

  assert.deepEqual(lettersIn(rig), ['junk', 'half', 'given-up']);
  assert.deepEqual(rig.jobs.all(), []);
});

test('the message of a dead letter whose document has lapsed goes, with its request', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  const lapsed = { ...rig, jobs: deadLetterRig().jobs };
  const deps = { ...rig.process(), jobs: lapsed.jobs };

  const swept = await rig.clock.run(deadLetterSweeper(deps).sweep(spanOf(deps)));

  assert.equal(swept.removed, 1);
  assert.deepEqual(lettersIn(rig), []);
  assert.equal(rig.payloads.payloads.size, 0);
});

test('what was judged is judged again after a while, and what is new at once', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  const { sweep } = sweeperOf(rig);

  assert.equal((await sweep()).judged, 1);
  assert.equal((await sweep()).judged, 0);
  rig.service.isRefusing = true;
  await bury(rig, named('b'));
  assert.equal((await sweep()).judged, 1);
  await rig.clock.run(rig.clock.sleep(31 * 60_000));
  assert.equal((await sweep()).judged, 2);
});

test('a replay whose message was lost, with no old message left to tell, is sent again', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await replay(rig, { ids: ['a'] });
  rig.queue.deadLetterAs('jobs', rig.queue.messages('jobs')[0]?.messageId ?? '', 'Lost');
  await rig.queue.removeDeadLetters('jobs', new Set(['1', '2', '3', '4', '5', '6', '7', '8']));
  assert.deepEqual(lettersIn(rig), []);
  await rig.clock.run(rig.clock.sleep(11 * 60_000));

  const swept = await sweeperOf(rig).sweep();
  assert.equal(swept.sent, 1);
  await runAll(rig);

  assert.equal(jobOf(rig).state, 'completed');
});

test('a replay whose message was lost is sent again although the queue always holds newer ones', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await replay(rig, { ids: ['a'] });
  rig.queue.deadLetterAs('jobs', rig.queue.messages('jobs')[0]?.messageId ?? '', 'Lost');
  await rig.queue.removeDeadLetters('jobs', new Set(['1', '2', '3', '4', '5', '6', '7', '8']));
  await rig.clock.run(rig.clock.sleep(11 * 60_000));
  await submitOne(rig, 'newer');

  assert.equal((await sweeperOf(rig).sweep()).sent, 1);
});

test('a replay that only waits is not sent once more', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await replay(rig, { ids: ['a'] });
  await rig.clock.run(rig.clock.sleep(11 * 60_000));

  assert.equal((await sweeperOf(rig).sweep()).sent, 0);
  assert.equal(rig.queue.messages('jobs').length, 1);
});

test('a look at a long queue sees a part of it, and the next ones what follows', async () => {
  const rig = deadLetterRig();
  for (let index = 0; index < 4100; index += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `a-${index}` }), { messageId: `a-${index}` });
    rig.queue.deadLetterAs('jobs', `a-${index}`, 'RetriesExhausted');
  }
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'last'), 'MaxDeliveryCountExceeded');
  const deps = rig.process();
  let peeks = 0;
  const peekDeadLetters: PipelineDeps['queue']['peekDeadLetters'] = async (queue, page) => {
    peeks += 1;
    return deps.queue.peekDeadLetters(queue, page);
  };
  const sweeper = deadLetterSweeper({ ...deps, queue: { ...deps.queue, peekDeadLetters } });

  const looks = [];
  for (let look = 0; look < 3; look += 1) {
    const before = peeks;
    const { judged, adopted } = await rig.clock.run(sweeper.sweep(spanOf(deps)));
    looks.push({ judged, adopted, isBounded: peeks - before <= 20 });
  }

  assert.deepEqual(looks, [
    { judged: 4000, adopted: 0, isBounded: true },
    { judged: 101, adopted: 1, isBounded: true },
    { judged: 0, adopted: 0, isBounded: true },
  ]);
});

test('a message whose document cannot be read stays, and holds up no other', async () => {
  const rig = deadLetterRig();
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'a'), 'MaxDeliveryCountExceeded');
  rig.queue.deadLetterAs('jobs', await submitOne(rig, 'b'), 'MaxDeliveryCountExceeded');
  const deps = rig.process();
  const read: PipelineDeps['jobs']['read'] = async (id) => {
    if (id === 'a') {
      throw new AppError('cosmos.unreadable', 'The document is of a newer version.');
    }
    return deps.jobs.read(id);
  };

  const swept = await rig.clock.run(deadLetterSweeper({ ...deps, jobs: { ...deps.jobs, read } }).sweep(spanOf(deps)));

  assert.equal(swept.adopted, 1);
  assert.equal(jobOf(rig, 'b').state, 'dead-lettered');
  assert.equal(lettersIn(rig).length, 2);
  assert.deepEqual(rig.faults, ['judging a dead-lettered message']);
});
