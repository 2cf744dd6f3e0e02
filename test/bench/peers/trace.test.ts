import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTrace, shareOf, traceShape } from '../../../bench/peers/trace.ts';
import { parseJobMessage } from '../../../shared/jobs/job-message.ts';
import { estimateCost } from '../../../shared/tokens/estimate-cost.ts';

const plan = { seed: 2, model: 'gpt-4o-mini', totalCost: 3_000_000 };

test('the costs of a trace are those of its jobs by the app’s estimator, and reach the total', () => {
  const jobs = makeTrace(plan);

  for (const { body, cost } of jobs) {
    const { messages, ...rest } = body;
    assert.equal(cost, estimateCost('chat', { ...rest, messages: messages.map((message) => ({ ...message })) }));
  }
  const sum = jobs.reduce((total, { cost }) => total + cost, 0);
  assert.ok(sum >= plan.totalCost && sum < plan.totalCost + traceShape.mostCost);
});

test('a job costs 1,200 tokens in the mean over seeds, and never more than the most', () => {
  const costs = [1, 2, 3, 4].flatMap((seed) => makeTrace({ ...plan, seed }).map(({ cost }) => cost));
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;

  assert.ok(Math.abs(mean / traceShape.meanCost - 1) < 0.03, `mean ${mean}`);
  assert.ok(Math.max(...costs) <= traceShape.mostCost);
  assert.ok(Math.min(...costs) >= traceShape.leastCost - 1);
});

test('a seed gives the same jobs every time, and another seed gives others', () => {
  assert.deepEqual(makeTrace(plan), makeTrace(plan));
  assert.notDeepEqual(makeTrace(plan)[0]?.body, makeTrace({ ...plan, seed: 3 })[0]?.body);
});

test('the shares of the processes are the whole trace, each job once', () => {
  const jobs = makeTrace({ ...plan, totalCost: 100_000 });
  const shares = [0, 1, 2, 3].map((index) => shareOf(jobs, { index, of: 4 }));

  const ids = shares.flat().map(({ id }) => id);
  assert.deepEqual(ids.toSorted(), jobs.map(({ id }) => id).toSorted());
  const lengths = shares.map(({ length }) => length);
  assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
});

test('a job of a trace is a valid message of the queue', () => {
  const [job] = makeTrace(plan);
  const request = { method: 'POST', url: '/v1/chat/completions', body: job?.body };

  const parsed = parseJobMessage({
    body: JSON.stringify({ id: job?.id, request }),
    messageId: 'm',
    batchId: undefined,
  });

  assert.equal(parsed.kind, 'valid');
});
