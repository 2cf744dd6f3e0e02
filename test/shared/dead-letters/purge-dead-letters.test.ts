import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PurgeSelection } from '../../../shared/jobs/dead-letter-selection.ts';
import { listDeadLetters, type DeadLetterPage } from '../../../shared/dead-letters/list-dead-letters.ts';
import { type Purged, purgeDeadLetters } from '../../../shared/dead-letters/purge-dead-letters.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { chatJob } from '../../fakes/pipeline-rig.ts';
import {
  bury,
  type DeadLetterRig,
  deadLetterRig,
  lettersIn,
  named,
  runAll,
  selectionOf,
  spanOf,
} from './dead-letter-rig.ts';

async function purge(rig: DeadLetterRig, changes: Partial<PurgeSelection>): Promise<Purged> {
  const deps = rig.process();
  return rig.clock.run(purgeDeadLetters(deps, { ...selectionOf({}), ...changes }, spanOf(deps)));
}

async function list(
  rig: DeadLetterRig,
  changes: Partial<Parameters<typeof listDeadLetters>[1]> = {},
): Promise<DeadLetterPage> {
  const usual = { filter: {}, limit: 50, after: undefined, messagesAfter: undefined };
  return rig.clock.run(listDeadLetters(rig.process(), { ...usual, ...changes }));
}

/** Two dead letters, two messages that are no job, and a job that the broker has just given up. */
async function mixedRig(): Promise<DeadLetterRig> {
  const rig = deadLetterRig();
  rig.queue.put('jobs', 'no job', { messageId: 'junk' });
  rig.queue.put('jobs', { id: 'x', request: { method: 'GET' } }, { messageId: 'half' });
  await bury(rig, [chatJob('a', { id: 'a', batchId: 'one', tenant: 't' }), chatJob('b', { id: 'b', batchId: 'two' })]);
  const submission = { envelope: chatJob('c', { id: 'c' }), fallbackId: 'c', batchId: undefined };
  await rig.clock.run(submitJobs(rig.process(), [submission], ''));
  rig.queue.deadLetterAs('jobs', rig.queue.messages('jobs')[0]?.messageId ?? '', 'MaxDeliveryCountExceeded');
  return rig;
}

test('a list counts dead letters by reason, and shows the messages that no document stands for', async () => {
  const rig = await mixedRig();

  const page = await list(rig);

  assert.deepEqual(page.byReason, { ContextLengthExceeded: 2 });
  assert.deepEqual(
    page.documents.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(
    page.lone.messages.map(({ messageId, reason, jobId, isFinal }) => [messageId?.slice(0, 4), reason, jobId, isFinal]),
    [
      ['junk', 'InvalidJob', undefined, true],
      ['half', 'InvalidJob', undefined, true],
      ['c~0~', 'MaxDeliveryCountExceeded', 'c', false],
    ],
  );
});

test('a list is filtered, and has pages of both kinds', async () => {
  const rig = await mixedRig();

  const ofBatch = await list(rig, { filter: { batchId: 'one' } });
  assert.deepEqual(
    ofBatch.documents.map(({ id }) => id),
    ['a'],
  );
  assert.deepEqual(ofBatch.byReason, { ContextLengthExceeded: 1 });
  assert.deepEqual(ofBatch.lone.messages, []);
  const first = await list(rig, { limit: 1 });
  const second = await list(rig, { limit: 1, after: first.next, messagesAfter: first.lone.next });
  assert.deepEqual(
    [first, second].map(({ documents, lone }) => [documents[0]?.id, lone.messages[0]?.messageId]),
    [
      ['a', 'junk'],
      ['b', 'half'],
    ],
  );
});

test('a purge removes documents, requests and messages, and nothing that the filter does not mean', async () => {
  const rig = await mixedRig();

  const dry = await purge(rig, { filter: { batchId: 'one' }, isDryRun: true });
  assert.deepEqual(dry.outcomes, [{ id: 'a', kind: 'would-purge' }]);
  assert.equal(lettersIn(rig).length, 5);
  const purged = await purge(rig, { filter: { batchId: 'one' } });

  assert.deepEqual(purged.outcomes, [{ id: 'a', kind: 'purged' }]);
  assert.deepEqual(purged.messages, []);
  assert.equal(lettersIn(rig).length, 4);
  const page = await list(rig);
  assert.deepEqual(page.byReason, { ContextLengthExceeded: 1 });
  assert.equal(rig.payloads.payloads.size, 1);
});

test('a purge of everything takes what is no job as well, and leaves the job that the broker gave up', async () => {
  const rig = await mixedRig();

  const purged = await purge(rig, {});

  assert.deepEqual(
    purged.outcomes.map(({ id, kind }) => `${id} ${kind}`),
    ['a purged', 'b purged'],
  );
  assert.deepEqual(
    purged.messages.map(({ outcome }) => outcome),
    ['purged', 'purged'],
  );
  assert.deepEqual(
    lettersIn(rig).map((id) => id.slice(0, 2)),
    ['c~'],
  );
});

test('messages are purged by their names, and a job’s message is not', async () => {
  const rig = await mixedRig();
  const { lone } = await list(rig);
  const names = lone.messages.map(({ queue, sequenceNumber }) => ({ queue, sequenceNumber }));

  const purged = await purge(rig, { messages: [...names, { queue: 'elsewhere', sequenceNumber: '1' }] });

  assert.deepEqual(
    purged.messages.map(({ outcome }) => outcome),
    ['purged', 'purged', 'unknown', 'unknown'],
  );
  assert.deepEqual(purged.outcomes, []);
  assert.equal(lettersIn(rig).length, 3);
});

test('what is no dead letter is not purged', async () => {
  const rig = deadLetterRig();
  rig.service.isRefusing = false;
  rig.queue.put('jobs', chatJob('a', { id: 'a' }));
  await runAll(rig);

  const purged = await purge(rig, { ids: ['a', 'none'] });

  assert.deepEqual(purged.outcomes, [
    { id: 'a', kind: 'not-a-dead-letter', state: 'completed' },
    { id: 'none', kind: 'unknown' },
  ]);
  assert.deepEqual((await purge(rig, { ids: named('none').map(({ id = '' }) => id), isDryRun: true })).outcomes, [
    { id: 'none', kind: 'unknown' },
  ]);
});

test('messages that no document stands for are purged, however many dead letters lie before them', async () => {
  const rig = deadLetterRig();
  for (let index = 0; index < 5001; index += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `a-${index}` }), { messageId: `a-${index}` });
    rig.queue.deadLetterAs('jobs', `a-${index}`, 'RetriesExhausted');
  }
  rig.queue.put('jobs', 'no job', { messageId: 'junk' });
  await runAll(rig);

  const purged = await purge(rig, { filter: { reason: 'InvalidJob' } });

  assert.deepEqual(
    purged.messages.map(({ outcome }) => outcome),
    ['purged'],
  );
  assert.equal(purged.isMore, false);
});
