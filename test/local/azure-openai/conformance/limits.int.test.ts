import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ask, chatDeployment, noLatency, rejection, startForTest, testClock, testSettings } from '../start-for-test.ts';

/** 40 characters ÷ 4 + 1 + 89 = a cost of 100. */
const costs100 = ask('x'.repeat(40), 89);

describe('the token window', () => {
  test('turns away what does not fit, and tells when it will', async (context) => {
    const clock = testClock();
    const settings = testSettings([chatDeployment({ tokensPerMinute: 250, tokenWindowMs: 2000 })], { now: clock.now });
    const azureOpenAi = await startForTest(context, settings);
    const { azure } = azureOpenAi.region();
    await azure.chat.completions.create(costs100);
    clock.advance(500);
    await azure.chat.completions.create(costs100);
    const refused = await rejection(
      azure.chat.completions.create(costs100, { headers: { 'x-ms-client-request-id': 'job-9' } }),
    );
    assert.equal(refused.status, 429);
    assert.equal(refused.code, '429');
    assert.match(
      refused.message,
      /ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit .* retry after 2 seconds/u,
    );
    assert.equal(refused.headers?.get('retry-after'), '2');
    assert.equal(refused.headers?.get('retry-after-ms'), '1500');
    assert.equal(refused.headers?.get('x-ratelimit-remaining-tokens'), '50');
    assert.equal(refused.headers?.get('x-ms-client-request-id'), 'job-9');
    clock.advance(1499);
    await rejection(azure.chat.completions.create(costs100));
    clock.advance(1);
    await azure.chat.completions.create(costs100);
    const report = await azureOpenAi.deployment();
    assert.deepEqual(report.throttled429, { tokens: 2, requests: 0 });
    assert.equal(report.completed, 3);
    assert.equal(report.admittedCost, 300);
    assert.equal(report.tokenWindow.fullest, 0.8);
  });

  test('does not give back what a call did not use of max_tokens, nor what a failed call took', async (context) => {
    const clock = testClock();
    const azureOpenAi = await startForTest(context, testSettings([chatDeployment()], { now: clock.now }));
    const { azure } = azureOpenAi.region();
    const { usage } = await azure.chat.completions.create(ask(`[[sluice:answer-tokens=1]]${'x'.repeat(14)}`, 89));
    assert.equal(usage?.completion_tokens, 1);
    await azureOpenAi.admin('POST', 'azure-openai/faults', { row: '500', count: 1 });
    assert.equal((await rejection(azure.chat.completions.create(costs100))).status, 500);
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, 200);
  });

  test('counts characters ÷ 4, whatever the tokens are that are billed', async (context) => {
    const azureOpenAi = await startForTest(context);
    const { azure } = azureOpenAi.region();
    const { usage } = await azure.chat.completions.create(ask('🐙'.repeat(200), 10));
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, 400 / 4 + 1 + 10);
    assert.ok((usage?.prompt_tokens ?? 0) > 200);
  });

  test('when fixed, starts again at its turn, however late the calls before came', async (context) => {
    const clock = testClock(1_700_000_000_000);
    const deployment = chatDeployment({ tokensPerMinute: 200, tokenWindowMs: 2000, tokenWindow: 'fixed' });
    const azureOpenAi = await startForTest(context, testSettings([deployment], { now: clock.now }));
    const { azure } = azureOpenAi.region();
    clock.advance(1900);
    await azure.chat.completions.create(costs100);
    await azure.chat.completions.create(costs100);
    const refused = await rejection(azure.chat.completions.create(costs100));
    assert.equal(refused.headers?.get('retry-after-ms'), '100');
    clock.advance(100);
    await azure.chat.completions.create(costs100);
    await azure.chat.completions.create(costs100);
    assert.equal((await azureOpenAi.deployment()).tokenWindow.fullest, 2);
  });

  test('never admits a call above the limit itself, and tells it to wait a day', async (context) => {
    const { azure } = (await startForTest(context, testSettings([chatDeployment({ tokensPerMinute: 99 })]))).region();
    const refused = await rejection(azure.chat.completions.create(costs100));
    assert.equal(refused.headers?.get('retry-after'), '86400');
  });

  test('is shared by the deployments of a group, across regions', async (context) => {
    const shared = chatDeployment({ tokensPerMinute: 150, limitGroup: 'global' });
    const regions = ['east', 'west'].map((name) => ({
      name,
      port: 0,
      apiKey: `${name}-key`,
      deployments: [shared],
      latency: noLatency,
    }));
    const azureOpenAi = await startForTest(context, testSettings([], { regions }));
    await azureOpenAi.region('east').azure.chat.completions.create(costs100);
    const refused = await rejection(azureOpenAi.region('west').azure.chat.completions.create(costs100));
    assert.equal(refused.status, 429);
    assert.equal((await azureOpenAi.deployment('mini', 'west')).tokenWindow.cost, 100);
    assert.equal((await azureOpenAi.deployment('mini', 'west')).admittedCost, 0);
  });

  test('counts calls that the service refuses only when the deployment says so', async (context) => {
    const deployments = [
      chatDeployment({ contextWindow: 20 }),
      chatDeployment({ name: 'strict', contextWindow: 20, countsRefused: true }),
    ];
    const azureOpenAi = await startForTest(context, testSettings(deployments));
    const { azure } = azureOpenAi.region();
    await rejection(azure.chat.completions.create(costs100));
    await rejection(azure.chat.completions.create({ ...costs100, model: 'strict' }));
    assert.equal((await azureOpenAi.deployment('mini')).tokenWindow.cost, 0);
    assert.equal((await azureOpenAi.deployment('strict')).tokenWindow.cost, 100);
  });

  test('holds under a burst of calls at once: exactly what fits is answered', async (context) => {
    const azureOpenAi = await startForTest(context, testSettings([chatDeployment({ tokensPerMinute: 1234 })]));
    const { azure } = azureOpenAi.region();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, async () => azure.chat.completions.create(costs100)),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 12);
    assert.equal((await azureOpenAi.deployment()).throttled429.tokens, 28);
  });
});

describe('the request window', () => {
  for (const seconds of [1, 10, 60] as const) {
    test(`judges the requests of a minute over ${seconds} s`, async (context) => {
      const clock = testClock();
      const deployment = chatDeployment({ requestsPerMinute: 120, requestWindowSeconds: seconds });
      const settings = testSettings([deployment], { now: clock.now, isInstant: true });
      const azureOpenAi = await startForTest(context, settings);
      const { azure } = azureOpenAi.region();
      for (let call = 0; call < seconds * 2; call += 1) {
        await azure.chat.completions.create(ask('a', 5));
      }
      const refused = await rejection(azure.chat.completions.create(ask('a', 5)));
      assert.equal(refused.status, 429);
      assert.match(refused.message, /have exceeded call rate limit/u);
      assert.equal(refused.headers?.get('retry-after'), String(seconds));
      assert.equal(refused.headers?.get('x-ratelimit-remaining-requests'), '0');
      clock.advance(seconds * 1000);
      await azure.chat.completions.create(ask('a', 5));
      assert.deepEqual((await azureOpenAi.deployment()).throttled429, { tokens: 0, requests: 1 });
    });
  }
});
