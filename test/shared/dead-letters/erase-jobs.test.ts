import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEnded } from '../../../shared/jobs/job-document.ts';
import { cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import { deadLetterSweeper } from '../../../shared/dead-letters/dead-letter-sweeper.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { eraseJobs, type EraseOutcome } from '../../../shared/dead-letters/erase-jobs.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { chatJob } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
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

async function erase(rig: DeadLetterRig, id: string, deps = rig.process()): Promise<EraseOutcome | undefined> {
  const [outcome] = await rig.clock.run(eraseJobs(deps, { ids: [id], isErasable: hasEnded, span: spanOf(deps) }));
  return outcome;
}

async function sweepLater(rig: DeadLetterRig, deps: PipelineDeps): Promise<void> {
  await rig.clock.run(rig.clock.sleep(6 * 60_000));
  await rig.clock.run(deadLetterSweeper(deps).sweep(spanOf(deps)));
}

test('an erased dead letter leaves nothing of the caller’s behind', async () => {
  const rig = deadLetterRig();
  await bury(rig, [chatJob('Secret', { id: 'a', tenant: 'they', batchId: 'b', options: { metadata: { k: 'v' } } })]);

  assert.deepEqual(await erase(rig, 'a'), { id: 'a', kind: 'erased' });

  assert.deepEqual(lettersIn(rig), []);
  assert.deepEqual([...rig.payloads.payloads.keys()], []);
  const { ttl, endedAt, erasedAt, createdAt, ...tombstone } = jobOf(rig);
  assert.deepEqual(tombstone, {
    id: 'a',
    v: 1,
    state: 'cancelled',
    pool: 'gpt-4o-mini',
    model: '',
    digest: '',
    epoch: 0,
  });
  assert.ok(ttl === 7 * 24 * 3600 && endedAt === erasedAt && createdAt <= (erasedAt ?? 0));
  assert.deepEqual((await rig.jobs.list({}, { size: 10 })).documents, []);
  assert.equal((await cancelOne(rig.process(), 'a')).kind, 'unknown');
});

test('erasing again, or what was never there, is unknown', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await erase(rig, 'a');

  assert.deepEqual(await erase(rig, 'a'), { id: 'a', kind: 'unknown' });
  assert.deepEqual(await erase(rig, 'none'), { id: 'none', kind: 'unknown' });
});

test('every request that replays have stored goes with the job', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  rig.service.isRefusing = true;
  for (const maxOutputTokens of [50, 60, 70]) {
    await replay(rig, { ids: ['a'], patch: { maxOutputTokens } });
    await runAll(rig);
  }
  assert.equal(rig.payloads.payloads.size, 4);

  await erase(rig, 'a');

  assert.equal(rig.payloads.payloads.size, 0);
  assert.deepEqual(lettersIn(rig), []);
});

test('a job that goes on is not erased', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await replay(rig, { ids: ['a'] });

  assert.deepEqual(await erase(rig, 'a'), { id: 'a', kind: 'not-erasable', state: 'parked' });
  await runAll(rig);
  assert.equal(jobOf(rig).state, 'completed');
});

test('a message of an erased job that comes late runs nothing, and its id is taken for a while', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await erase(rig, 'a');
  const calls = rig.models.calls.length;

  const [envelope = chatJob()] = named('a');
  rig.queue.put('jobs', envelope, { messageId: 'late' });
  const again = [{ envelope, fallbackId: 'x', batchId: undefined }];
  const [outcome] = await rig.clock.run(submitJobs(rig.process(), again, ''));
  await runAll(rig);

  assert.equal(outcome?.kind, 'conflict');
  assert.equal(rig.models.calls.length, calls);
  assert.notEqual(jobOf(rig).erasedAt, undefined);
});

test('a request that a late message of an erased job brings with it is not kept', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  await erase(rig, 'a');

  const again = [{ envelope: chatJob('x'.repeat(200_000), { id: 'a' }), fallbackId: 'x', batchId: undefined }];
  const [outcome] = await rig.clock.run(submitJobs(rig.process(), again, ''));
  await runAll(rig);

  assert.equal(outcome?.kind, 'conflict');
  assert.equal(rig.payloads.payloads.size, 0);
});

test('a message of an erased job whose stored request is gone is completed: no document would stand for its letter', async () => {
  const rig = deadLetterRig();
  await bury(rig, named('a'));
  const { digest, requestRef } = jobOf(rig);
  await erase(rig, 'a');

  rig.queue.put('jobs', { v: 1, id: 'a', digest, requestRef }, { messageId: 'late', epoch: 1 });
  await runAll(rig);

  assert.deepEqual(lettersIn(rig), []);
});

test('killed at any step, an erasure is ended by the same call, and by the sweep', async () => {
  for (const isCalledAgain of [true, false]) {
    for (let step = 0, wasKilled = true; wasKilled; step += 1) {
      const rig = deadLetterRig();
      await bury(rig, named('a', 'b'));
      const life = new ProcessLife(({ index }) => (index === step ? 'die' : 'go'));
      const dying = rig.process(life);
      const running = eraseJobs(dying, { ids: ['a'], isErasable: hasEnded, span: spanOf(dying) });
      await Promise.race([running, rig.clock.run(rig.clock.sleep(1000))]);
      wasKilled = life.isDead;

      const isMarked = jobOf(rig).erasedAt !== undefined;
      if (isCalledAgain) {
        await erase(rig, 'a');
      } else {
        await sweepLater(rig, rig.process());
      }

      const isGone = isCalledAgain || isMarked;
      assert.equal(jobOf(rig).isErasing, undefined, `step ${step}`);
      assert.equal(jobOf(rig).state, isGone ? 'cancelled' : 'dead-lettered', `step ${step}`);
      assert.equal(lettersIn(rig).length, isGone ? 1 : 2, `step ${step}`);
      assert.equal(rig.payloads.payloads.size, isGone ? 1 : 2, `step ${step}`);
    }
  }
});
