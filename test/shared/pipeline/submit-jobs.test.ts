import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import type { JobEnvelope } from '../../../shared/jobs/job-envelope.ts';
import { type Submission, submitJobs, type SubmitOutcome } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';

const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
const large = 'word '.repeat(40_000);

function submission(envelope: JobEnvelope, changes: Partial<Submission> = {}): Submission {
  return { envelope, fallbackId: 'fallback', batchId: undefined, ...changes };
}

async function submit(
  rig: PipelineRig,
  submissions: readonly Submission[],
  life = new ProcessLife(),
): Promise<readonly SubmitOutcome[]> {
  return rig.clock.run(submitJobs(rig.process(life), submissions, '00-trace'));
}

/** What is asked for the estimate alone, which fails no submit. */
function isEstimate(step: string): boolean {
  return step === 'queue.backlog' || step.startsWith('buckets');
}

function kinds(outcomes: readonly SubmitOutcome[]): readonly string[] {
  return outcomes.map(({ kind }) => kind);
}

test('a job is accepted with its figures, as a message, a document and an armed lane', async () => {
  const rig = pipelineRig();

  const [outcome] = await submit(rig, [submission(chatJob('Hi', { id: 'a', tenant: 't' }))]);

  assert.ok(outcome?.kind === 'accepted');
  assert.equal(outcome.figures.worstCaseTokens, outcome.figures.promptTokens + 100);
  assert.partialDeepStrictEqual(rig.jobs.all(), [{ id: 'a', state: 'queued', epoch: 0, tenant: 't' }]);
  const [message] = rig.queue.messages('jobs');
  assert.partialDeepStrictEqual(message, { epoch: 0, traceparent: '00-trace', body: { v: 1, id: 'a', tenant: 't' } });
  assert.equal(rig.queue.messages('pump').length, 1);
});

test('the message is sent before the document is written, and a large request is stored before both', async () => {
  const rig = pipelineRig();
  const order: string[] = [];
  const life = new ProcessLife(({ name, when }) => {
    order.push(...(when === 'before' && !isEstimate(name) ? [name] : []));
    return 'go';
  });

  await submit(rig, [submission(chatJob(large, { id: 'a' }))], life);

  assert.deepEqual(order.slice(0, 3), ['payloads.put', 'queue.send', 'jobs.create']);
  const [message] = rig.queue.messages('jobs');
  const [job] = rig.jobs.all();
  assert.partialDeepStrictEqual(message, { body: { requestRef: job?.requestRef } });
  assert.ok(JSON.stringify(message?.body).length < 1000);
});

test('J2: killed at any step, a job runs, or its caller was never told and nothing stands', async () => {
  const submissions = ['a', 'b'].map((id) => submission(chatJob(large, { id })));
  const whole = new ProcessLife();
  await submit(pipelineRig(), submissions, whole);
  assert.ok(whole.steps >= 12, String(whole.steps));
  for (let last = 0; last < whole.steps; last += 1) {
    const rig = pipelineRig();
    const life = new ProcessLife(({ index }) => (index === last ? 'die' : 'go'));
    void submitJobs(rig.process(life), submissions, '');
    await rig.clock.advance(1000);
    const documents = rig.jobs.all().map(({ id }) => id);
    const messages = new Set(rig.queue.messages('jobs').map(({ messageId }) => messageId.slice(0, 1)));
    assert.ok(
      documents.every((id) => messages.has(id)),
      `a document without a message, killed at ${last}`,
    );

    startApp(rig);
    await untilDrained(rig);
    assert.ok(rig.jobs.all().every(({ state }) => state === 'completed'));
    assert.ok(rig.jobs.all().length >= documents.length);
  }
});

test('a call that failed may be made again: every job is there once, and runs once', async () => {
  const submissions = ['a', 'b'].map((id) => submission(chatJob('Hi', { id })));
  const steps: string[] = [];
  const whole = new ProcessLife(({ name }) => {
    steps.push(name);
    return 'go';
  });
  await submit(pipelineRig(), submissions, whole);
  for (const failing of steps.keys().filter((step) => !isEstimate(steps[step] ?? ''))) {
    const rig = pipelineRig();
    const life = new ProcessLife(({ index }) => (index === failing ? away : 'go'));
    await assert.rejects(submit(rig, submissions, life), { code: 'test.away' });

    assert.deepEqual(kinds(await submit(rig, submissions)), ['accepted', 'accepted']);
    startApp(rig);
    await untilDrained(rig);

    const ends = Object.fromEntries(rig.jobs.all().map(({ id, state }) => [id, state]));
    assert.deepEqual(ends, { a: 'completed', b: 'completed' });
    assert.equal(rig.models.calls.length, 2);
  }
});

test('the same id and body is the same job, also when it has ended', async () => {
  const rig = pipelineRig();
  const job = submission(chatJob('Hi', { id: 'a' }));
  await submit(rig, [job]);
  startApp(rig);
  await untilDrained(rig);

  const [again] = await submit(rig, [job]);

  assert.ok(again?.kind === 'accepted');
  assert.equal(again.document.state, 'completed');
  await rig.clock.advance(700_000);
  await submit(rig, [job]);
  await untilDrained(rig);
  assert.equal(rig.models.calls.length, 1);
});

test('keys in another order make the same job; the same id with another body is a conflict', async () => {
  const rig = pipelineRig();
  const { request } = chatJob();
  const { model, messages, max_tokens: maxTokens } = request.body;
  const reordered = { ...request, body: { messages: messages ?? [], max_tokens: maxTokens ?? 0, model: model ?? '' } };
  await submit(rig, [submission(chatJob('Hi', { id: 'a' }))]);

  const outcomes = await submit(rig, [
    submission({ id: 'a', request: reordered }),
    submission(chatJob('Ho', { id: 'a' })),
    submission(chatJob('Hi', { id: 'a', options: { maxCostUsd: 1 } })),
  ]);

  assert.deepEqual(kinds(outcomes), ['accepted', 'conflict', 'conflict']);
  startApp(rig);
  await untilDrained(rig);
  assert.equal(rig.models.calls.length, 1);
});

test('what can never run is refused at once, one by one, and the others go in', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 10_000 })] });
  const { request } = chatJob();

  const outcomes = await submit(rig, [
    submission(chatJob('Hi', { id: 'good' })),
    submission({ id: 'unknown', request: { ...request, body: { ...request.body, model: 'nobody' } } }),
    submission(chatJob('word '.repeat(200_000), { id: 'overflow' })),
    submission({ id: 'quota', request: { ...request, body: { ...request.body, max_tokens: 16_000 } } }),
    submission(chatJob('Hi', { id: 'cost', options: { maxCostUsd: 1e-9 } })),
    submission(chatJob('Hi', { id: 'region', options: { regions: ['west'] } })),
    submission({
      id: 'operation',
      request: { ...request, url: '/v1/embeddings', body: { ...request.body, input: 'x' } },
    }),
  ]);

  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.deadLetter.reason : outcome.kind)),
    [
      'accepted',
      'UnknownModel',
      'ContextLengthExceeded',
      'QuotaTooSmall',
      'CostCapExceeded',
      'UnknownModel',
      'InvalidJob',
    ],
  );
  assert.deepEqual(
    rig.jobs.all().map(({ id }) => id),
    ['good'],
  );
  const region = outcomes[5];
  assert.match(region?.kind === 'refused' ? region.deadLetter.description : '', /POOLS/u);
});

test('a line is named by its custom_id behind its batch, and by the fallback when it has none', async () => {
  const rig = pipelineRig();
  await submit(rig, [
    submission(chatJob('1', { customId: 'line-1' }), { batchId: 'b' }),
    submission(chatJob('2', { customId: 'line-2' })),
    submission(chatJob('3')),
    submission(chatJob('4', { id: 'own', customId: 'line-4', batchId: 'mine' }), { batchId: 'b' }),
  ]);

  assert.deepEqual(
    rig.jobs
      .all()
      .map(({ id, batchId }) => `${id} of ${batchId ?? 'none'}`)
      .toSorted(),
    ['b:line-1 of b', 'fallback of none', 'line-2 of none', 'own of mine'],
  );
});

test('a job goes to the queue of its pool and its priority', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])] });
  const { request } = chatJob();
  const body = { ...request.body, model: 'gpt-4o' };
  await submit(rig, [
    submission({ id: 'a', request: { ...request, body }, options: { priority: 'high' } }),
    submission({ id: 'b', request: { ...request, body } }),
  ]);

  assert.equal(rig.queue.messages('jobs-gpt-4o-high').length, 1);
  assert.equal(rig.queue.messages('jobs-gpt-4o').length, 1);
});

test('two jobs with ids of 128 characters and one body both run', async () => {
  const rig = pipelineRig();
  const ids = ['a', 'b'].map((end) => 'x'.repeat(127) + end);
  await submit(
    rig,
    ids.map((id) => submission(chatJob('Hi', { id }))),
  );
  startApp(rig);
  await untilDrained(rig);

  assert.deepEqual(
    rig.jobs.all().map(({ state }) => state),
    ['completed', 'completed'],
  );
});

test('a conversation that trimming makes fit is accepted, with the estimate of what is sent, and kept whole', async () => {
  const rig = pipelineRig({ overrides: [{ name: 'gpt-4o-mini', contextWindow: 1000 }] });
  const { request } = chatJob('abc '.repeat(500));
  const messages = ['abc '.repeat(500), 'abc '.repeat(400)].map((content) => ({ role: 'user', content }));
  const whole = { ...request, body: { ...request.body, messages } };

  const [outcome] = await submit(rig, [submission({ id: 'a', request: whole, options: { onOverflow: 'trim' } })]);

  assert.ok(outcome?.kind === 'accepted');
  assert.deepEqual(outcome.figures.request.body['messages'], messages.slice(1));
  const [job] = rig.jobs.all();
  assert.partialDeepStrictEqual(job, { promptTokens: 407, worstCaseTokens: 507, costTokens: 401 + 100 });
  assert.partialDeepStrictEqual(job?.fitting, { kind: 'trimmed', droppedMessages: 1, keptTokens: 407 });
  const [message] = rig.queue.messages('jobs');
  assert.partialDeepStrictEqual(message, { body: { request: { body: { messages } } } });
});
