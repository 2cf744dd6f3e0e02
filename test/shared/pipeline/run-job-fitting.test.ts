import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEnvelope, JobOptions } from '../../../shared/jobs/job-envelope.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { chatJob, type PipelineRig, pipelineRig } from '../../fakes/pipeline-rig.ts';
import { completedWith, type ModelScript } from '../../fakes/scripted-model-client.ts';
import { jobOf, runNext, submit, throttled } from './run-one.ts';

/** Ten turns of 100 tokens each in a window of 1,000, of which 200 are for the answer. */
const messages: readonly JsonObject[] = Array.from({ length: 10 }, (_, turn) => ({
  role: 'user',
  content: `${turn}bc ${'abc '.repeat(95)}`,
}));

function job(onOverflow: JobOptions['onOverflow']): JobEnvelope {
  const { request } = chatJob();
  return {
    id: 'a',
    request: { ...request, body: { ...request.body, messages, max_tokens: 200 } },
    options: { onOverflow },
  };
}

function rigOf(script: ModelScript): PipelineRig {
  return pipelineRig({ overrides: [{ name: 'gpt-4o-mini', contextWindow: 1000 }], script });
}

const tooLong: CallVerdict = {
  kind: 'refused',
  reason: 'ContextLengthExceeded',
  code: 'context_length_exceeded',
  message: 'The prompt is too long.',
  details: { windowTokens: 1000, requestedTokens: 1150, promptTokens: 950, outputTokens: 200 },
};

const sentMessages = (rig: PipelineRig): readonly unknown[] => rig.models.calls.map((call) => call.body['messages']);

test('a trimmed job is called with what is left, costs what that costs, and says what was dropped', async () => {
  const rig = rigOf([completedWith('Hello')]);
  await submit(rig, job('trim'));

  const end = await runNext(rig);

  assert.equal(end.outcome, 'completed');
  assert.deepEqual(sentMessages(rig), [messages.slice(3)]);
  const done = jobOf(rig);
  assert.partialDeepStrictEqual(done, { state: 'completed', promptTokens: 703, worstCaseTokens: 903 });
  assert.deepEqual(done.fitting, {
    kind: 'trimmed',
    droppedTurns: 3,
    droppedMessages: 3,
    droppedTokens: 300,
    keptMessages: 7,
    keptTokens: 703,
  });
  const bucketId = rig.pools[0]?.deployments[0]?.bucketId ?? '';
  assert.equal(rig.buckets.current(bucketId)?.tokens.total, 7 * (96 + 1) + 200);
});

test('a job that came over a queue is trimmed as well', async () => {
  const rig = rigOf([completedWith('Hello')]);
  rig.queue.put('jobs', job('trim'));

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'completed', fitting: { droppedTurns: 3 } });
});

test('a refusal of the service corrects the count, and the job is called once more in the same delivery', async () => {
  const rig = rigOf([tooLong, completedWith('Hello')]);
  await submit(rig, job('trim'));

  const end = await runNext(rig);

  assert.equal(end.outcome, 'completed');
  assert.deepEqual(sentMessages(rig), [messages.slice(3), messages.slice(5)]);
  const correction = { contextTokens: 1000, inputTokens: 1000, uncountedTokens: 247 };
  assert.partialDeepStrictEqual(jobOf(rig), {
    attemptCount: 2,
    promptTokens: 503,
    fitting: { droppedTurns: 5, keptTokens: 503, correction },
  });
});

test('J4: a second refusal ends the job, with what the service said of it and what had been dropped', async () => {
  const rig = rigOf([tooLong]);
  await submit(rig, job('trim'));

  const end = await runNext(rig);

  assert.equal(end.settlement, 'dead-letter');
  assert.equal(rig.models.calls.length, 2);
  assert.partialDeepStrictEqual(jobOf(rig), {
    reason: 'ContextLengthExceeded',
    figures: { requestedTokens: 1150 },
    fitting: { droppedTurns: 5 },
  });
});

test('J4: a job that is not to be made to fit ends with the first refusal', async () => {
  const rig = rigOf([tooLong]);
  const short = job('dead-letter');
  const body = { ...short.request.body, messages: messages.slice(5) };
  await submit(rig, { ...short, request: { ...short.request, body } });

  const end = await runNext(rig);

  assert.equal(end.settlement, 'dead-letter');
  assert.equal(rig.models.calls.length, 1);
});

test('the correction outlives a parking: the next delivery sends what was fitted, and is corrected no more', async () => {
  const rig = rigOf((_, index) => (index === 0 || index === 4 ? tooLong : throttled));
  await submit(rig, job('trim'));
  const parked = await runNext(rig);
  assert.equal(parked.outcome, 'parked');
  assert.deepEqual(sentMessages(rig).slice(1), [messages.slice(5), messages.slice(5), messages.slice(5)]);
  await rig.clock.advance((jobOf(rig).dueAt ?? 0) - rig.clock.now());

  const end = await runNext(rig);

  assert.deepEqual(sentMessages(rig).slice(4), [messages.slice(5)]);
  assert.equal(end.settlement, 'dead-letter');
});

test('the request that is kept is the one that was submitted', async () => {
  const rig = rigOf([tooLong]);
  await submit(rig, job('trim'));

  await runNext(rig);

  const stored = await rig.payloads.get(jobOf(rig).requestRef ?? '', 1_000_000);
  assert.ok(stored.kind === 'found');
  assert.deepEqual(JSON.parse(stored.text), job('trim').request);
});
