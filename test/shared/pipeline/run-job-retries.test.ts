import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatJob, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { failed, jobOf, misconfigured, refused, runNext, submit, throttled } from './run-one.ts';

const twoRegions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];

test('a call that failed is made again in the same delivery, after a delay', async () => {
  const rig = pipelineRig({ script: [failed, failed, completedWith('Hello')] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  const end = await runNext(rig);

  assert.equal(end.settlement, 'complete');
  const { attempts = [], failures } = jobOf(rig);
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    ['failed', 'failed', 'completed'],
  );
  assert.equal(failures, 2);
  // Random is 0.5 here: half of 500 ms, then half of 1000.
  const [first, second, third] = attempts.map(({ at }) => at);
  assert.ok((second ?? 0) - (first ?? 0) >= 250);
  assert.ok((third ?? 0) - (second ?? 0) >= 500);
});

test('the region that failed is the last one to be tried again', async () => {
  const rig = pipelineRig({ regions: twoRegions, script: [failed, completedWith('Hello')] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  await runNext(rig);

  const [first, second] = jobOf(rig).attempts ?? [];
  assert.notEqual(first?.region, second?.region);
});

test('a job that fails five times in one delivery is parked', async () => {
  const rig = pipelineRig({ script: [failed] });
  await submit(rig, chatJob('Hi', { id: 'a' }));

  const end = await runNext(rig);

  assert.equal(end.settlement, 'park');
  assert.partialDeepStrictEqual(jobOf(rig), { state: 'parked', epoch: 1, attemptCount: 5, failures: 5 });
});

test('whatever ended its calls, a delivery makes five at the most', async () => {
  const fifth = { throttled, misconfigured, refused };
  for (const [name, verdict] of Object.entries(fifth)) {
    const script = [failed, failed, failed, failed, verdict, completedWith('Hello')];
    const rig = pipelineRig({ regions: twoRegions, script });
    await submit(rig, chatJob('Hi', { id: 'a', options: { onOverflow: 'reduce-output' } }));

    const end = await runNext(rig);

    assert.equal(end.settlement, 'park', name);
    assert.equal(rig.models.calls.length, 5, name);
    await rig.clock.advance(600_000);
    assert.equal((await runNext(rig)).settlement, 'complete', name);
  }
});

test('a job whose calls have failed too often is dead-lettered with the history of its attempts', async () => {
  const rig = pipelineRig({
    script: [failed],
    settings: { retries: { mostFailures: 7, longestMs: 86_400_000, mostThrottled: 3 } },
  });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  await runNext(rig);
  await rig.clock.advance(600_000);

  const end = await runNext(rig);

  assert.deepEqual(end, { settlement: 'dead-letter', outcome: 'dead-lettered', reason: 'RetriesExhausted' });
  const { figures = {}, description = '', requestRef = '' } = jobOf(rig);
  assert.equal(figures['failures'], 7);
  assert.ok(Array.isArray(figures['attempts']) && figures['attempts'].length === 7);
  assert.partialDeepStrictEqual(figures['attempts'][0], {
    region: 'east',
    status: 500,
    code: 'server_error',
    requestId: 'request-1',
  });
  assert.match(description, /7 calls failed .* east 500 server_error after 1 ms, request request-1/u);
  assert.ok(rig.payloads.payloads.has(requestRef), 'the request is kept for a replay');
  assert.equal(rig.models.calls.length, 7);
});

test('a job whose calls have failed for too long is dead-lettered, however few they were', async () => {
  const rig = pipelineRig({
    script: [failed],
    settings: { retries: { mostFailures: 100, longestMs: 60_000, mostThrottled: 3 } },
  });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  await runNext(rig);
  await rig.clock.advance(120_000);

  await runNext(rig);

  assert.partialDeepStrictEqual(jobOf(rig), { state: 'dead-lettered', reason: 'RetriesExhausted', failures: 6 });
});

test('throttled calls count as no failures, however many and however long (J3)', async () => {
  const rig = pipelineRig({
    script: [throttled],
    settings: { retries: { mostFailures: 2, longestMs: 1000, mostThrottled: 3 } },
  });
  await submit(rig, chatJob('Hi', { id: 'a' }));
  for (let delivery = 0; delivery < 5; delivery += 1) {
    assert.equal((await runNext(rig)).settlement, 'park');
    await rig.clock.advance(700_000);
  }

  assert.equal(jobOf(rig).failures, undefined);
});
