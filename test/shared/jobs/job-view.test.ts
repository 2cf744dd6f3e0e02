import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { batchLine } from '../../../shared/jobs/batch-line.ts';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { jobView } from '../../../shared/jobs/job-view.ts';

const anyObject = z.record(z.string(), z.json());

const job: JobDocument = {
  id: 'b:line-1',
  v: 1,
  state: 'completed',
  pool: 'p',
  model: 'm',
  customId: 'line-1',
  batchId: 'b',
  digest: 'secret digest',
  createdAt: 1,
  epoch: 2,
  claim: { epoch: 2, sequenceNumber: '5', deliveryCount: 0, attempt: 1, owner: 'secret owner' },
  requestRef: 'secret request',
  resultRef: 'secret result',
  requestId: 'r-1',
  attempts: [
    { at: 1, region: 'east', deployment: 'd', outcome: 'completed', waitMs: 0, latencyMs: 5, code: undefined },
  ],
};

test('a view shows the job by its status, with nothing undefined and nothing of the inside', () => {
  const view = jobView(job, {});

  assert.partialDeepStrictEqual(view, { id: 'b:line-1', status: 'completed', epoch: 2 });
  assert.doesNotMatch(JSON.stringify(view), /secret/u);
  assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
});

function lineOf(document: JobDocument, result?: object): z.infer<typeof anyObject> {
  return anyObject.parse(JSON.parse(batchLine(document, result === undefined ? undefined : JSON.stringify(result))));
}

test('a line of a completed job has the response, and no error', () => {
  assert.deepEqual(lineOf(job, { text: 'Hello' }), {
    id: 'batch_req_b:line-1',
    custom_id: 'line-1',
    response: { status_code: 200, request_id: 'r-1', body: { text: 'Hello' } },
    error: null,
  });
});

const trimmed: JobDocument = {
  ...job,
  fitting: {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 2,
    droppedTokens: 800,
    keptMessages: 2,
    keptTokens: 300,
    correction: undefined,
  },
};

test('a view, and a line beside its response, say what was left out so that the job fits', () => {
  const fitting = {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 2,
    droppedTokens: 800,
    keptMessages: 2,
    keptTokens: 300,
  };

  assert.deepEqual(jobView(trimmed, {})['fitting'], fitting);
  assert.deepEqual(lineOf(trimmed, { text: 'Hello' }), { ...lineOf(job, { text: 'Hello' }), fitting });
  assert.ok(!('fitting' in jobView(job, {})));
});

test('a line of a job that ended without an answer has the reason, or the state, and no response', () => {
  const dead: JobDocument = { ...job, state: 'dead-lettered', reason: 'ContentFiltered', description: 'why' };
  assert.deepEqual(lineOf(dead), {
    id: 'batch_req_b:line-1',
    custom_id: 'line-1',
    response: null,
    error: { code: 'ContentFiltered', message: 'why' },
  });
  for (const state of ['cancelled', 'expired'] as const) {
    assert.partialDeepStrictEqual(lineOf({ ...job, state }), { response: null, error: { code: state } });
  }
});

test('a line of a job without a custom_id is named by the job; a result that is gone is no answer', () => {
  const { customId: _customId, ...unnamed } = job;

  assert.equal(lineOf(unnamed, {})['custom_id'], 'b:line-1');
  assert.partialDeepStrictEqual(lineOf(job), { response: null, error: { code: 'ResultMissing' } });
});
