import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { z } from 'zod';

import { startAzureOpenAi } from '../../../local/azure-openai/start-azure-openai.ts';
import { ask, chatDeployment, rejection, startForTest, testSettings } from './start-for-test.ts';

const problem = z.object({
  status: z.number(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

describe('the admin endpoint', () => {
  test('changes the limits of a deployment while it runs', async (context) => {
    const azureOpenAi = await startForTest(context);
    const { azure } = azureOpenAi.region();
    await azure.chat.completions.create(ask('a', 99));
    await azureOpenAi.admin('PATCH', 'regions/east/deployments/mini', { tokensPerMinute: 150 });
    const refused = await rejection(azure.chat.completions.create(ask('a', 99)));
    assert.equal(refused.headers?.get('x-ratelimit-limit-tokens'), '150');
    await azureOpenAi.admin('PATCH', 'regions/east/deployments/mini', { tokensPerMinute: 1000 });
    await azure.chat.completions.create(ask('a', 99));
  });

  test('gives the calls in pages, with who made them', async (context) => {
    const azureOpenAi = await startForTest(context);
    const { azure } = azureOpenAi.region();
    for (const id of ['a', 'b', 'a']) {
      await azure.chat.completions.create(ask('x', 5), { headers: { 'x-ms-client-request-id': id } });
    }
    const first = await azureOpenAi.calls('after=0&limit=2');
    const second = await azureOpenAi.calls(`after=${first.at(-1)?.number ?? 0}`);
    assert.deepEqual(
      [...first, ...second].map((call) => call.clientRequestId),
      ['a', 'b', 'a'],
    );
    assert.ok(
      first.every((call) => call.isAdmitted && call.status === 200 && call.cost === 6 && call.promptTokens === 8),
    );
  });

  test('resets counters, log, windows, limits and faults', async (context) => {
    const azureOpenAi = await startForTest(context, testSettings([chatDeployment({ tokensPerMinute: 150 })]));
    const { azure } = azureOpenAi.region();
    await azure.chat.completions.create(ask('a', 99));
    await azureOpenAi.admin('PATCH', 'regions/east/deployments/mini', { tokensPerMinute: 1 });
    await azureOpenAi.admin('POST', 'regions/east/faults', { status: 500 });
    await azureOpenAi.admin('PATCH', 'regions/east', { isDown: true });
    assert.equal((await azureOpenAi.admin('POST', 'reset')).status, 200);
    await azure.chat.completions.create(ask('a', 99));
    const report = await azureOpenAi.deployment();
    assert.equal(report.calls, 1);
    assert.equal(report.tokenWindow.cost, 100);
    assert.equal(report.tokenWindow.limit, 150);
    assert.equal((await azureOpenAi.calls()).length, 1);
  });

  const wrong: readonly (readonly [
    method: string,
    path: string,
    body: unknown,
    status: number,
    errorPath: string | undefined,
  ])[] = [
    ['PATCH', 'regions/east', { latency: { tailProbability: 2 } }, 400, 'latency.tailProbability'],
    ['PATCH', 'regions/east/deployments/mini', { tokensPerMinute: '5' }, 400, 'tokensPerMinute'],
    ['PATCH', 'regions/east/deployments/mini', { lowered: { factor: 0.5 } }, 400, 'lowered.forMs'],
    ['PATCH', 'regions/east/deployments/mini', { lowered: { forMs: 1000 } }, 400, 'lowered'],
    ['PATCH', 'regions/east/deployments/mini', { neighbour: { share: 2 } }, 400, 'neighbour.share'],
    ['PATCH', 'regions/east/deployments/mini', { lies: { retryAfterMs: 'soon' } }, 400, 'lies.retryAfterMs'],
    ['GET', 'usage?from=then', undefined, 400, 'from'],
    ['POST', 'regions/east/faults', { status: 99 }, 400, 'status'],
    ['POST', 'regions/east/faults', { status: 500, deployment: 'none' }, 404, undefined],
    ['PATCH', 'regions/north', {}, 404, undefined],
    ['GET', 'calls?after=x', undefined, 400, 'after'],
    ['GET', 'nothing', undefined, 404, undefined],
  ];
  for (const [method, path, body, status, errorPath] of wrong) {
    test(`refuses ${method} ${path} ${JSON.stringify(body)} with a problem`, async (context) => {
      const azureOpenAi = await startForTest(context);
      const response = await azureOpenAi.admin(method, path, body);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      const answer = problem.parse(await response.json());
      assert.equal(response.status, status);
      assert.equal(answer.status, status);
      assert.equal(answer.errors[0]?.path, errorPath);
    });
  }
});

describe('settings that contradict themselves', () => {
  test('are refused: a group whose members have different neighbours', async () => {
    const one = chatDeployment({ limitGroup: 'g', neighbour: { share: 0.1 } });
    const other = chatDeployment({ name: 'other', limitGroup: 'g' });
    await assert.rejects(startAzureOpenAi(testSettings([one, other])), /group\/g have different limits/u);
  });

  test('are refused: a model that is not carried', async () => {
    const settings = testSettings([chatDeployment({ model: 'gpt-3' })]);
    await assert.rejects(startAzureOpenAi(settings), /east\/mini is of model gpt-3, which .* does not carry/u);
  });

  test('are refused: a group with different limits', async () => {
    const one = chatDeployment({ limitGroup: 'g' });
    const other = chatDeployment({ name: 'other', limitGroup: 'g', tokensPerMinute: 5 });
    await assert.rejects(startAzureOpenAi(testSettings([one, other])), /group\/g have different limits/u);
  });
});
