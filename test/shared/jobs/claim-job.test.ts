import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimJob, type Delivery } from '../../../shared/jobs/claim-job.ts';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import {
  addAttempt,
  cancelJob,
  completeJob,
  deadLetterJob,
  parkJob,
  replayJob,
  startJob,
} from '../../../shared/jobs/job-transitions.ts';
import { judgeConflict } from '../../../shared/jobs/judge-conflict.ts';

const queued: JobDocument = {
  id: 'a',
  v: 1,
  state: 'queued',
  pool: 'p',
  model: 'm',
  digest: 'd',
  createdAt: 0,
  epoch: 0,
};
const end = { now: 9, ttlSeconds: 60 };
const deadLetter = { reason: 'InvalidRequest', description: 'why', figures: { code: 'c' } } as const;

function delivery(changes: Partial<Delivery> = {}): Delivery {
  return { epoch: 0, sequenceNumber: '1', deliveryCount: 0, digest: 'd', ...changes };
}

function decide(document: JobDocument | undefined, changes: Partial<Delivery> = {}, owner = 'new') {
  return claimJob({ document, delivery: delivery(changes), owner });
}

function running(changes: Partial<Delivery> = {}, owner = 'old'): JobDocument {
  const decision = decide(queued, changes, owner);
  assert.ok(decision.kind === 'run');
  return startJob(queued, decision.claim, 5);
}

test('a job that nobody runs is claimed, whether its document is there or not', () => {
  const claim = { epoch: 0, sequenceNumber: '1', deliveryCount: 0, attempt: 1, owner: 'new' };

  assert.deepEqual(decide(undefined), { kind: 'run', claim });
  assert.deepEqual(decide(queued), { kind: 'run', claim });
});

test('the same message with a higher delivery count takes over, as the next attempt (C2)', () => {
  assert.partialDeepStrictEqual(decide(running(), { deliveryCount: 1 }), {
    kind: 'run',
    claim: { deliveryCount: 1, attempt: 2 },
  });
  assert.deepEqual(decide(running({ deliveryCount: 3 }), { deliveryCount: 3 }), { kind: 'leave' });
  assert.deepEqual(decide(running({ deliveryCount: 3 }), { deliveryCount: 2 }), { kind: 'leave' });
});

test('another message of the epoch that runs is a duplicate (C3)', () => {
  assert.deepEqual(decide(running(), { sequenceNumber: '2', deliveryCount: 7 }), {
    kind: 'complete',
    because: 'duplicate',
  });
});

test('a message of an older epoch has the parked one sent again; when that runs, it is stale (C4)', () => {
  const parked = parkJob(running(), { dueAt: 100, requestRef: 'r' });
  const next = decide(parked, { epoch: 1, sequenceNumber: '2' });
  assert.ok(next.kind === 'run');

  assert.deepEqual(decide(parked, { deliveryCount: 1 }), { kind: 'send-parked-again' });
  assert.deepEqual(decide(startJob(parked, next.claim, 200), { deliveryCount: 1 }), {
    kind: 'complete',
    because: 'stale',
  });
});

test('an own claim whose reply was lost is found again, but only while the job runs (C5)', () => {
  assert.partialDeepStrictEqual(decide(running(), {}, 'old'), { kind: 'claimed', claim: { owner: 'old' } });
  assert.deepEqual(decide(cancelJob(running(), end), {}, 'old'), { kind: 'complete', because: 'ended' });
});

test("an ended job's own message is settled as the document says, a duplicate is completed (C6)", () => {
  const dead = deadLetterJob(running(), deadLetter, end);

  for (const one of [dead, deadLetterJob(running(), { ...deadLetter, reason: 'Expired' }, end)]) {
    assert.deepEqual(decide(one, { deliveryCount: 1 }), { kind: 'dead-letter' });
    assert.deepEqual(decide(one, { sequenceNumber: '2' }), { kind: 'complete', because: 'ended' });
  }
  for (const ended of [completeJob(running(), {}, end), cancelJob(running(), end)]) {
    assert.deepEqual(decide(ended, { deliveryCount: 1 }), { kind: 'complete', because: 'ended' });
  }
});

test('a message with another body under the same id runs nothing', () => {
  assert.deepEqual(decide(queued, { digest: 'e' }), { kind: 'complete', because: 'other-body' });
});

test('the message of a request that a replay has changed has the replay sent again: it may be the only one left (C4)', () => {
  const dead = deadLetterJob(running(), deadLetter, end);
  const patched = { digest: 'e', requestRef: 'r', pool: 'p', model: 'm' };
  const replayed = replayJob(dead, patched, 10);

  assert.deepEqual(decide(replayed, { deliveryCount: 1 }), { kind: 'send-parked-again' });
  assert.deepEqual(decide(replayed, { epoch: 1, digest: 'x' }), { kind: 'complete', because: 'other-body' });
});

test('starting keeps the first start and clears the due time; parking clears the claim and raises the epoch', () => {
  const parked = parkJob(running(), { dueAt: 100, requestRef: 'r' });
  assert.partialDeepStrictEqual(parked, { state: 'parked', epoch: 1, dueAt: 100, requestRef: 'r', startedAt: 5 });
  assert.equal(parked.claim, undefined);

  const again = decide(parked, { epoch: 1 });
  assert.ok(again.kind === 'run');
  const restarted = startJob(parked, again.claim, 200);
  assert.partialDeepStrictEqual(restarted, { state: 'running', epoch: 1, startedAt: 5 });
  assert.equal(restarted.dueAt, undefined);
});

test('every end has its time, and lives as long as it is told', () => {
  const ends = [
    completeJob(running(), {}, end),
    deadLetterJob(running(), deadLetter, end),
    cancelJob(queued, end),
    deadLetterJob(running(), { ...deadLetter, reason: 'Expired' }, end),
  ];
  assert.deepEqual(
    ends.map(({ state, endedAt, ttl }) => ({ state, endedAt, ttl })),
    ['completed', 'dead-lettered', 'cancelled', 'expired'].map((state) => ({ state, endedAt: 9, ttl: 60 })),
  );
  assert.ok(!('ttl' in cancelJob(queued, { now: 9, ttlSeconds: undefined })));
});

test('a transition changes no document that it is given, and keeps the fields of newer versions', () => {
  const newer = Object.freeze({ ...running(), newerField: 1 });

  for (const next of [
    parkJob(newer, { dueAt: 1, requestRef: 'r' }),
    completeJob(newer, {}, end),
    addAttempt(newer, { at: 1, region: 'r', deployment: 'd', outcome: 'failed', waitMs: 0, latencyMs: 0 }),
  ]) {
    assert.equal(next['newerField'], 1);
  }
});

test('a refused write is our own, taken, or to be tried again', () => {
  const mine = running();
  const completed = completeJob(mine, {}, end);
  const parked = parkJob(mine, { dueAt: 100, requestRef: 'r' });
  const judge = (current: JobDocument | undefined, next: JobDocument) => judgeConflict({ current, next, owner: 'old' });

  assert.equal(judge(completed, completed), 'written');
  assert.equal(judge(parked, parked), 'written');
  assert.equal(judge({ ...mine, costUsd: 1 }, completed), 'again');
  assert.equal(judge(undefined, completed), 'taken');
  assert.equal(judge(running({ deliveryCount: 1 }, 'other'), completed), 'taken');
  assert.equal(judge(completeJob(running({}, 'other'), {}, end), completed), 'taken');
  assert.equal(judge({ ...parked, dueAt: 101 }, parked), 'taken');
  for (const next of [completed, parked]) {
    assert.equal(judge(cancelJob(mine, end), next), 'taken', 'nothing is written over a cancellation');
  }
});
