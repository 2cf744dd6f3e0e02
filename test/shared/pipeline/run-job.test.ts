import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatJob, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { away, failed, inQueue, jobOf, misconfigured, refused, runNext, submit, throttled } from './run-one.ts';

test('a completed call is recorded with its usage, its cost and where it ran, and its message completed', async () => {
  const rig = pipelineRig({ script: [completedWith('Hello', { promptTokens: 1000, completionTokens: 500 })] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'complete', outcome: 'completed' });
  assert.partialDeepStrictEqual(jobOf(rig), {
    state: 'completed',
    region: 'east',
    deployment: 'gpt-4o-mini',
    finishReason: 'stop',
    usage: { totalTokens: 1500 },
    attemptCount: 1,
    result: { choices: [{ message: { content: 'Hello' } }] },
  });
  assert.ok(Math.abs((jobOf(rig).costUsd ?? 0) - (1000 * 0.15 + 500 * 0.6) / 1e6) < 1e-12);
  assert.equal(inQueue(rig), 0);
});

test('a result over 16 KB is kept as a blob of the claim, and not on the document', async () => {
  const rig = pipelineRig({ script: [completedWith('x'.repeat(20_000))] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  await runNext(rig);

  const { resultRef = '', result, claim } = jobOf(rig);
  assert.equal(result, undefined);
  assert.ok(resultRef.includes(claim?.owner ?? 'none'));
  const stored = await rig.payloads.get(resultRef, 100_000);
  assert.ok(stored.kind === 'found' && stored.text.includes('x'.repeat(20_000)));
});

test('a paid result is kept although the payload store is away when it comes', async () => {
  const rig = pipelineRig({ script: [completedWith('x'.repeat(20_000))] });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  let tries = 0;
  const life = new ProcessLife(({ name, when }) => {
    tries += name === 'payloads.put' && when === 'before' ? 1 : 0;
    return name === 'payloads.put' && tries < 5 ? away : 'go';
  });

  const end = await runNext(rig, rig.process(life));

  assert.equal(end.outcome, 'completed');
  assert.equal(rig.models.calls.length, 1);
});

test('a paid result is kept although Cosmos is away when it comes', async () => {
  const rig = pipelineRig();
  await submit(rig, chatJob('Hi', { id: 'a' }));
  let tries = 0;
  const life = new ProcessLife(({ name }) => {
    tries += name === 'jobs.replace' && rig.models.calls.length > 0 ? 1 : 0;
    return name === 'jobs.replace' && rig.models.calls.length > 0 && tries < 20 ? away : 'go';
  });

  const end = await runNext(rig, rig.process(life));

  assert.equal(end.outcome, 'completed');
  assert.equal(rig.models.calls.length, 1);
});

test('a prompt that overflows by our count is dead-lettered uncalled, with the figures to act on (J4)', async () => {
  const rig = pipelineRig();
  rig.queue.put('jobs', chatJob('word '.repeat(110_000), { id: 'a' }));

  const end = await runNext(rig);

  assert.equal(end.settlement, 'dead-letter');
  assert.equal(rig.models.calls.length, 0);
  const job = jobOf(rig);
  assert.partialDeepStrictEqual(job, { state: 'dead-lettered', reason: 'ContextLengthExceeded' });
  const [dead] = rig.queue.deadLetters('jobs');
  assert.partialDeepStrictEqual(dead, {
    reason: 'ContextLengthExceeded',
    figures: { jobId: 'a', windowTokens: 128_000 },
  });
  assert.match(job.description ?? '', /128000/u);
  assert.ok(rig.payloads.payloads.has(job.requestRef ?? ''), 'the request is kept for a replay');
});

test('a prompt that the service finds too long is dead-lettered after one call (J4)', async () => {
  const rig = pipelineRig({ script: [refused] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), {
    state: 'dead-lettered',
    reason: 'ContextLengthExceeded',
    figures: {
      code: 'context_length_exceeded',
      region: 'east',
      windowTokens: 128_000,
      outputTokens: 100,
      largestMessages: [{ index: 0, role: 'user' }],
    },
  });
  assert.equal(rig.queue.deadLetters('jobs').length, 1);
  assert.equal(rig.models.calls.length, 1);
});

test('a throttled job waits for another start in the same delivery, after its retry-after at the earliest (J3)', async () => {
  const rig = pipelineRig({ script: [throttled, completedWith('Hello')] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  assert.equal((await runNext(rig)).settlement, 'complete');

  const { state, attemptCount, attempts } = jobOf(rig);
  assert.deepEqual([state, attemptCount], ['completed', 2]);
  const [first, second] = attempts ?? [];
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 30_000);
});

test('a deployment that asks for a day is closed instead of waited for', async () => {
  const rig = pipelineRig({
    script: [{ kind: 'throttled', scope: 'quota', retryAfterMs: 86_400_000 }, completedWith('Hello')],
    regions: [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])],
  });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));

  await runNext(rig, deps);

  const [first, second] = jobOf(rig).attempts ?? [];
  assert.deepEqual(
    deps.health.tripped().map(({ region, code }) => [region, code]),
    [[first?.region, 'throttled_for_long']],
  );
  assert.notEqual(second?.region, first?.region);
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) < 1000);
});

test('a job that is throttled three times is parked, and runs again when it is due (J3)', async () => {
  const rig = pipelineRig({ script: [throttled, throttled, throttled, completedWith('Hello')] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  assert.equal((await runNext(rig)).settlement, 'park');
  const parked = jobOf(rig);
  assert.partialDeepStrictEqual(parked, { state: 'parked', epoch: 1, attemptCount: 3 });
  assert.equal(parked.claim, undefined);
  assert.ok((parked.dueAt ?? 0) >= rig.clock.now() + 30_000);
  assert.equal((await rig.queue.receive('jobs', 1, 0)).length, 0);

  await rig.clock.advance(60_000);
  await runNext(rig);
  assert.partialDeepStrictEqual(jobOf(rig), { state: 'completed', epoch: 1, attemptCount: 4 });
  assert.equal(inQueue(rig), 0);
});

test('the delay of a job that is parked again and again doubles, and ends at ten minutes', async () => {
  const rig = pipelineRig({
    script: [failed],
    settings: { retries: { mostFailures: 100, longestMs: 86_400_000, mostThrottled: 3 } },
  });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  const delays: number[] = [];
  for (let delivery = 0; delivery < 8; delivery += 1) {
    await runNext(rig);
    const delayMs = (jobOf(rig).dueAt ?? 0) - rig.clock.now();
    delays.push(delayMs);
    await rig.clock.advance(delayMs);
  }

  // Random is 0.5 here: three quarters of the delay.
  assert.deepEqual(delays.slice(0, 3), [7500, 15_000, 30_000]);
  assert.equal(delays.at(-1), 450_000);
});

test('a document keeps its newest ten attempts, and counts them all', async () => {
  const rig = pipelineRig({ script: [failed] });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  for (let delivery = 0; delivery < 3; delivery += 1) {
    await runNext(rig);
    await rig.clock.advance(600_000);
  }

  assert.equal(jobOf(rig).attempts?.length, 10);
  assert.equal(jobOf(rig).attemptCount, 15);
});

test('a misconfigured deployment is closed, and the job runs in another region in the same delivery (J5)', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];
  const rig = pipelineRig({
    regions,
    script: ({ region }) => (region === 'east' ? misconfigured : completedWith('Hello')),
  });
  const deps = rig.process();
  await submit(rig, chatJob('Hi', { id: 'a' }));

  await runNext(rig, deps);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'completed', region: 'west', attemptCount: 2 });
  assert.deepEqual(
    deps.health.tripped().map(({ region }) => region),
    ['east'],
  );
});

test('a job whose deployments all have open breakers goes back to its queue, without an attempt of its own (J5)', async () => {
  const rig = pipelineRig({ script: [misconfigured] });
  const deps = rig.process();
  await submit(rig, chatJob('1', { id: 'first' }));
  await submit(rig, chatJob('2', { id: 'second' }));
  assert.equal((await runNext(rig, deps)).settlement, 'park', 'its call is recorded');

  assert.deepEqual(await runNext(rig, deps), { settlement: 'abandon', outcome: 'given-back' });

  assert.equal(rig.models.calls.length, 1);
  assert.equal(jobOf(rig, 'first').attemptCount, 1);
  assert.equal(jobOf(rig, 'second').attemptCount, undefined);
  const [back, ...others] = await rig.queue.receive('jobs', 10, 0);
  assert.partialDeepStrictEqual(back, { body: { id: 'second' }, epoch: 0 });
  assert.deepEqual(others, []);
});

test('a job past its deadline expires unsent', async () => {
  const rig = pipelineRig();
  const deadline = new Date(rig.clock.now() + 5000).toISOString();
  await submit(rig, chatJob('Hi', { id: 'a', options: { deadline } }));
  await rig.clock.advance(6000);

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'dead-letter', outcome: 'expired', reason: 'Expired' });
  assert.partialDeepStrictEqual(jobOf(rig), { state: 'expired', reason: 'Expired', figures: { lateMs: 1000 } });
  assert.equal(rig.queue.deadLetters('jobs')[0]?.reason, 'Expired');
  assert.equal(rig.models.calls.length, 0);
  assert.equal(inQueue(rig), 0);
});

test('a job past its deadline does not wait for quota before it expires', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await rig.clock.run(
    deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 950 }, new AbortController().signal),
  );
  const deadline = new Date(rig.clock.now() + 5000).toISOString();
  await submit(rig, chatJob('Hi', { id: 'a', options: { deadline } }));
  await rig.clock.advance(6000);
  const before = rig.clock.now();

  await runNext(rig, deps);

  assert.equal(jobOf(rig).state, 'expired');
  assert.ok(rig.clock.now() - before < 1000);
});

test('a job whose worst case costs more than its cap is dead-lettered uncalled', async () => {
  const rig = pipelineRig();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a', options: { maxCostUsd: 0.00001 } }));

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), {
    state: 'dead-lettered',
    reason: 'CostCapExceeded',
    figures: { capUsd: 0.00001 },
  });
  assert.equal(rig.models.calls.length, 0);
});

test('a job that no quota admits is dead-lettered with both figures', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 50 })] });
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), {
    state: 'dead-lettered',
    reason: 'QuotaTooSmall',
    figures: { costTokens: 101, quotaTokens: 50 },
  });
});

test('a message that is no job is dead-lettered with the path of each problem, and leaves no document', async () => {
  const rig = pipelineRig();
  rig.queue.put('jobs', { id: 'a', request: { method: 'GET', url: '//evil.example/', body: {} } });

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'dead-letter', outcome: 'dead-lettered', reason: 'InvalidJob' });
  const [dead] = rig.queue.deadLetters('jobs');
  assert.match(dead?.description ?? '', /request\.method/u);
  assert.match(dead?.description ?? '', /request\.url/u);
  assert.match(dead?.description ?? '', /request\.body\.model/u);
  assert.equal(rig.jobs.all().length, 0);
});

test('a job whose stored request is gone ends dead-lettered, document and message (J2)', async () => {
  const rig = pipelineRig({ script: [throttled] });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  await runNext(rig);
  rig.payloads.payloads.clear();
  await rig.clock.advance(60_000);

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'dead-lettered', reason: 'InvalidJob' });
  assert.equal(rig.queue.deadLetters('jobs').length, 1);
  assert.equal(inQueue(rig), 0);
});

test('an ended job is kept for the time that the settings give', async () => {
  const rig = pipelineRig({ settings: { resultTtlSeconds: 86_400 } });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  assert.equal(jobOf(rig).ttl, undefined);

  await runNext(rig);

  assert.equal(jobOf(rig).ttl, 86_400);
});

test('the job runs in the deployment that starts it the earliest', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];
  const rig = pipelineRig({ regions });
  const deps = rig.process();
  await rig.clock.run(
    deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 59_000 }, new AbortController().signal),
  );
  await submit(rig, chatJob('word '.repeat(1000), { id: 'a' }));

  await runNext(rig, deps);

  assert.equal(jobOf(rig).region, 'west');
});
