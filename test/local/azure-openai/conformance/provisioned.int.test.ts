import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ask, chatDeployment, rejection, startForTest, testClock, testSettings } from '../start-for-test.ts';

/** 60,000 input tokens a minute are 1,000 a second; 2 s of them are 100 %. */
const provisioned = { units: 60, tokensPerMinutePerUnit: 1000, outputWeight: 4, burstSeconds: 2 };
const deployments = [chatDeployment({ provisioned })];
const question = (tokens: number, maxTokens: number): ReturnType<typeof ask> =>
  ask(`[[sluice:answer-tokens=${tokens}]]`, maxTokens);

describe('a provisioned deployment', () => {
  test('tells its utilisation in place of the limits of a minute', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings(deployments, { now: clock.now }));
    const { azure } = azureOpenAi.region();
    const { data, response } = await azure.chat.completions.create(question(100, 100)).withResponse();
    const prompt = data.usage?.prompt_tokens ?? 0;
    assert.equal(response.headers.get('x-ratelimit-remaining-tokens'), null);
    const told = response.headers.get('azure-openai-deployment-utilization');
    assert.equal(told, `${(((prompt + 400) / 2000) * 100).toFixed(1)}%`);
  });

  test('admits a call at up to 100 %, whatever it costs, and above that answers 429 with the time until it falls below', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings(deployments, { now: clock.now }));
    const { azure } = azureOpenAi.region();
    const { usage } = await azure.chat.completions.create(question(600, 600));
    const over = (usage?.prompt_tokens ?? 0) + 600 * 4 - 2000;
    const refused = await rejection(azure.chat.completions.create(question(1, 1)));
    assert.equal(refused.status, 429);
    assert.equal(refused.headers?.get('retry-after-ms'), String(over));
    assert.equal(refused.headers.get('retry-after'), '1');
    clock.advance(over - 1);
    assert.equal((await rejection(azure.chat.completions.create(question(1, 1)))).headers?.get('retry-after-ms'), '1');
    clock.advance(1);
    await azure.chat.completions.create(question(1, 1));
  });

  test('estimates by max_tokens and corrects by what was used as the call ends', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings(deployments, { now: clock.now }));
    const { azure } = azureOpenAi.region();
    const { usage } = await azure.chat.completions.create(question(10, 5000));
    const used = (usage?.prompt_tokens ?? 0) + 10 * 4;
    const { admittedCost, tokenWindow } = await azureOpenAi.deployment();
    assert.equal(tokenWindow.cost, used);
    assert.equal(admittedCost, used);
    assert.ok(tokenWindow.fullest > 10);
    assert.equal((await azureOpenAi.calls())[0]?.cost, used);
    assert.equal((await azureOpenAi.limiter()).ours.admittedCost, used);
  });

  test('gives back what a failed call was estimated at', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings(deployments, { now: clock.now }));
    await azureOpenAi.admin('POST', 'azure-openai/faults', { row: '500', count: 1 });
    const { azure } = azureOpenAi.region();
    assert.equal((await rejection(azure.chat.completions.create(question(10, 5000)))).status, 500);
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, 0);
  });

  test('falls steadily by the throughput of its units', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings(deployments, { now: clock.now }));
    await azureOpenAi.region().azure.chat.completions.create(question(100, 100));
    const first = (await azureOpenAi.deployment()).tokenWindow.cost;
    clock.advance(100);
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, first - 100);
    clock.advance(10_000);
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, 0);
  });

  test('has no limit of requests', async (context) => {
    const clock = testClock();
    const settings = testSettings([chatDeployment({ provisioned, requestsPerMinute: 1 })], { now: clock.now });
    const { azure } = (await startForTest(context, settings)).region();
    for (let call = 0; call < 3; call += 1) {
      await azure.chat.completions.create(question(1, 1));
    }
  });

  test('knows the throughput of a unit by its model', async (context) => {
    const settings = testSettings([chatDeployment({ model: 'gpt-4.1', provisioned: { units: 50 } })]);
    const { limiter } = await startForTest(context, settings);
    assert.equal((await limiter()).usual.tokensPerMinute, 150_000);
  });

  test('without a known throughput of a unit is refused at the start', async (context) => {
    const settings = testSettings([chatDeployment({ model: 'gpt-5.5', provisioned: { units: 50 } })]);
    await assert.rejects(startForTest(context, settings), /Set tokensPerMinutePerUnit and outputWeight/u);
  });

  test('spills over to no other deployment: that is refused by name', async (context) => {
    const { azure } = (await startForTest(context, testSettings(deployments))).region();
    const headers = { 'x-ms-spillover-deployment': 'mini-standard' };
    const refused = await rejection(azure.chat.completions.create(question(1, 1), { headers }));
    assert.equal(refused.code, 'not_carried');
    assert.match(refused.message, /spillover/u);
  });
});
