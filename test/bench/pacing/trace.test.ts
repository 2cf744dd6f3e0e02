import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { traceJobs, traceJobText } from '../../../bench/pacing/trace.ts';
import { scenarios } from '../../../bench/pacing/scenarios.ts';
import { estimateCost } from '../../../shared/tokens/estimate-cost.ts';
import { parseJobMessage } from '../../../shared/jobs/job-message.ts';

const totalTokens = 400_000;
const body = z.object({ request: z.object({ body: z.record(z.string(), z.json()) }) });

test('a job of any load costs what its trace says, by the estimate that the app books', () => {
  for (const { shape, name } of scenarios) {
    for (const job of traceJobs({ seed: 3, prefix: name, shape, totalTokens }).slice(0, 50)) {
      const text = traceJobText(job, 'gpt-4o-mini');

      assert.equal(parseJobMessage({ body: text, messageId: job.id, batchId: undefined }).kind, 'valid');
      assert.equal(estimateCost('chat', body.parse(JSON.parse(text)).request.body), job.cost, `${name} ${job.id}`);
    }
  }
});

test('a trace is the same for the same seed, and another for another', () => {
  const [first] = scenarios;
  assert.ok(first !== undefined);
  const of = (seed: number) => traceJobs({ seed, prefix: 'x', shape: first.shape, totalTokens });

  assert.deepEqual(of(1), of(1));
  assert.notDeepEqual(of(1), of(2));
});

test('a trace stops with the job that reaches the total', () => {
  for (const { shape } of scenarios) {
    const costs = traceJobs({ seed: 1, prefix: 'x', shape, totalTokens }).map((job) => job.cost);
    const total = costs.reduce((sum, cost) => sum + cost, 0);

    assert.ok(total >= totalTokens && total - (costs.at(-1) ?? 0) < totalTokens);
  }
});

test('the steady load has a mean of about 1,200 tokens and none above 16,000', () => {
  const shape = scenarios.find(({ name }) => name === 'steady')?.shape;
  assert.ok(shape !== undefined);
  const costs = traceJobs({ seed: 1, prefix: 'x', shape, totalTokens: 6_000_000 }).map((job) => job.cost);
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;

  assert.ok(mean > 1100 && mean < 1300, String(mean));
  assert.ok(costs.every((cost) => cost <= 16_000) && costs.some((cost) => cost > 10_000));
});

test('overestimate asks for 20 times the output that it uses', () => {
  const shape = scenarios.find(({ name }) => name === 'overestimate')?.shape;
  assert.ok(shape !== undefined);
  const jobs = traceJobs({ seed: 1, prefix: 'x', shape, totalTokens });
  const asked = jobs.reduce((sum, job) => sum + job.maxTokens, 0);
  const used = jobs.reduce((sum, job) => sum + job.answerTokens, 0);

  assert.ok(Math.abs(asked / used - 20) < 0.5, String(asked / used));
});
