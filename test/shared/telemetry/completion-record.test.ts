import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../../shared/models/call-outcome.ts';
import { cleanFields } from '../../../shared/telemetry/clean-fields.ts';
import { completionRecord, type CompletionRecord } from '../../../shared/telemetry/completion-record.ts';
import { modelCallResult, modelCallSpan } from '../../../shared/telemetry/model-call-span.ts';
import { completedCall, failedCalls, userText } from './call-outcomes.ts';

function record(outcome: CallOutcome): CompletionRecord {
  return completionRecord({
    jobId: 'job-1',
    attempt: 2,
    pool: 'gpt-4o',
    region: 'sweden',
    deployment: 'gpt-4o-1',
    model: 'gpt-4o',
    isStreamed: true,
    waitMs: 42,
    outcome,
  });
}

test('a completed call is an ai_completion with its tokens, times and place', () => {
  const { eventName, fields } = record(completedCall);

  assert.equal(eventName, 'ai_completion');
  assert.deepEqual(cleanFields(fields), {
    requestId: '0d1f3c3e-0000-4000-8000-00000000abcd',
    jobId: 'job-1',
    attempt: 2,
    pool: 'gpt-4o',
    region: 'sweden',
    deployment: 'gpt-4o-1',
    model: 'gpt-4o',
    streamed: true,
    outcome: 'completed',
    status: 200,
    latencyMs: 812.5,
    waitMs: 42,
    promptTokens: 100,
    completionTokens: 20,
    totalTokens: 120,
    cachedPromptTokens: 64,
    reasoningTokens: 8,
    isUsageEstimated: false,
    finishReason: 'stop',
    responseModel: 'gpt-4o-2024-11-20',
  });
});

test('every other outcome is an ai_completion_error that says which', () => {
  const records = failedCalls.map(record);

  assert.ok(records.every(({ eventName }) => eventName === 'ai_completion_error'));
  assert.deepEqual(
    records.map(({ fields }) => [fields['outcome'], fields['status'], fields['code'], fields['retryAfterMs']]),
    [
      ['throttled', 429, undefined, 2000],
      ['refused', 400, 'content_filter', undefined],
      ['misconfigured', 404, 'DeploymentNotFound', undefined],
      ['failed', undefined, 'other', undefined],
      ['aborted', undefined, undefined, undefined],
    ],
  );
});

test('T1: no text of a user or a service is in a record or on a span', () => {
  for (const outcome of [completedCall, ...failedCalls]) {
    const said = JSON.stringify([record(outcome), modelCallResult(outcome)]);

    assert.equal(said.includes(userText), false, said);
  }
});

test("a model call's span is named after its operation and model", () => {
  const { name, fields } = modelCallSpan({
    operation: 'embeddings',
    model: 'text-embedding-3-small',
    pool: 'small',
    region: 'sweden',
    deployment: 'embed-1',
    jobId: 'job-1',
    attempt: 1,
    isStreamed: false,
  });

  assert.equal(name, 'embeddings text-embedding-3-small');
  assert.equal(fields['gen_ai.operation.name'], 'embeddings');
  assert.equal(fields['gen_ai.provider.name'], 'azure.ai.openai');
  assert.equal(fields['sluice.deployment'], 'embed-1');
});

test('the error type of a call is a closed word', () => {
  assert.deepEqual(
    [completedCall, ...failedCalls].map((outcome) => modelCallResult(outcome).errorType),
    [undefined, 'throttled', 'ContentFiltered', 'misconfigured', 'failed', 'aborted'],
  );
});

test('a streamed call says its time to the first chunk in seconds on the span and milliseconds in the record', () => {
  const streamed: CallOutcome = { ...completedCall, timeToFirstChunkMs: 250 };

  assert.equal(modelCallResult(streamed).fields['gen_ai.response.time_to_first_chunk'], 0.25);
  assert.equal(record(streamed).fields['timeToFirstChunkMs'], 250);
});
