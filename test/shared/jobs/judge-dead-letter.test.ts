import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { type DeadLetterFacts, judgeDeadLetter } from '../../../shared/jobs/judge-dead-letter.ts';

const claim = { epoch: 1, sequenceNumber: '7', deliveryCount: 0, attempt: 1, owner: 'o' };

function document(changes: Partial<JobDocument>): JobDocument {
  return { id: 'a', v: 1, state: 'queued', pool: 'p', model: 'm', digest: 'd', createdAt: 0, epoch: 1, ...changes };
}

function judge(facts: Partial<DeadLetterFacts>, changes: Partial<JobDocument> | undefined): string {
  const usual: DeadLetterFacts = { by: 'broker', epoch: 1, sequenceNumber: '7', digest: 'd' };
  return judgeDeadLetter({ ...usual, ...facts }, changes === undefined ? undefined : document(changes));
}

test('D1: the message of a dead letter stays, whoever dead-lettered it', () => {
  for (const state of ['dead-lettered', 'expired'] as const) {
    assert.equal(judge({ by: 'sluice' }, { state }), 'keep');
    assert.equal(judge({ by: 'broker' }, { state }), 'keep');
  }
});

test('D2: what the broker gave up while its job goes on is adopted', () => {
  assert.equal(judge({}, { state: 'queued' }), 'adopt');
  assert.equal(judge({}, { state: 'parked' }), 'adopt');
  assert.equal(judge({}, { state: 'running', claim }), 'adopt');
  assert.equal(judge({ epoch: 2 }, { state: 'parked' }), 'adopt', 'as a delivery of it would have run');
  assert.equal(judge({}, undefined), 'adopt', 'its job was never seen by a pump');
});

test('D2: a duplicate that the broker gave up ends no job that another message runs', () => {
  assert.equal(judge({ sequenceNumber: '8' }, { state: 'running', claim }), 'keep');
});

test('D2: a message with another body ends no job by its id', () => {
  assert.equal(judge({ digest: 'e' }, { state: 'queued' }), 'remove');
});

test('D3: a message goes when its job has gone on, has ended otherwise or was erased', () => {
  for (const by of ['sluice', 'broker'] as const) {
    assert.equal(judge({ by, epoch: 0 }, { state: 'running', claim }), 'remove');
    assert.equal(judge({ by, epoch: 0 }, { state: 'dead-lettered' }), 'remove');
    assert.equal(judge({ by }, { state: 'completed' }), 'remove');
    assert.equal(judge({ by }, { state: 'cancelled' }), 'remove');
    assert.equal(judge({ by, digest: 'd' }, { state: 'cancelled', digest: '', erasedAt: 5 }), 'remove');
  }
  assert.equal(judge({ by: 'sluice' }, undefined), 'remove');
});

test('D3: while the later epoch is parked its message is sent before the old one goes', () => {
  assert.equal(judge({ by: 'sluice', epoch: 0 }, { state: 'parked' }), 'send-then-remove');
  assert.equal(judge({ by: 'broker', epoch: 0 }, { state: 'parked' }), 'send-then-remove');
});

test('a message of ours is kept while another job of its id goes on', () => {
  assert.equal(judge({ by: 'sluice' }, { state: 'queued' }), 'keep');
});
