import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';

import type { DeploymentSettings } from '../../../local/azure-openai/settings.ts';
import {
  ask,
  chatDeployment,
  noLatency,
  rejection,
  startForTest,
  type TestAzureOpenAi,
  type TestClock,
  testClock,
  testSettings,
} from './start-for-test.ts';

/** 40 characters ÷ 4 + 1 + 89 = a cost of 100. */
const costs100 = ask('x'.repeat(40), 89);
const mini = 'regions/east/deployments/mini';

interface Started {
  readonly azureOpenAi: TestAzureOpenAi;
  readonly clock: TestClock;
  readonly call: () => Promise<Headers>;
  readonly refused: () => Promise<Headers>;
}

async function start(context: TestContext, deployment: Partial<DeploymentSettings>): Promise<Started> {
  const clock = testClock();
  const settings = testSettings([chatDeployment(deployment)], { now: clock.now, isInstant: true });
  const azureOpenAi = await startForTest(context, settings);
  const { azure } = azureOpenAi.region();
  return {
    azureOpenAi,
    clock,
    call: async () => (await azure.chat.completions.create(costs100).withResponse()).response.headers,
    refused: async () => (await rejection(azure.chat.completions.create(costs100))).headers ?? new Headers(),
  };
}

describe('throttled calls', () => {
  test('take their place in the request window when they count there', async (context) => {
    const { azureOpenAi, call, clock, refused } = await start(context, {
      requestsPerMinute: 120,
      requestWindowSeconds: 1,
      countsThrottled: 'requests',
    });
    await call();
    await call();
    clock.advance(500);
    const headers = await refused();
    assert.equal(headers.get('retry-after-ms'), '500');
    clock.advance(500);
    await call();
    await refused();
    assert.deepEqual((await azureOpenAi.deployment()).throttled429, { tokens: 0, requests: 2 });
    assert.equal((await azureOpenAi.limiter()).ours.fullestRequestWindow, 1);
  });

  test('take their cost in the token window too when they count there', async (context) => {
    const { azureOpenAi, call, clock, refused } = await start(context, {
      tokensPerMinute: 150,
      countsThrottled: 'requests-and-tokens',
    });
    await call();
    clock.advance(30_000);
    await refused();
    clock.advance(30_000);
    const headers = await refused();
    assert.equal(headers.get('retry-after'), '60');
    assert.equal(headers.get('x-ratelimit-remaining-tokens'), '0');
    const { ours } = await azureOpenAi.limiter();
    assert.deepEqual([ours.admitted, ours.admittedCost], [1, 100]);
    assert.ok(ours.fullestTokenWindow < 0.7);
  });
});

describe('a limit that is lowered', () => {
  test('on schedule is told by the limit headers alone, and comes back by itself', async (context) => {
    const { call, clock, refused } = await start(context, {
      tokensPerMinute: 1000,
      lowered: [{ fromMs: 10_000, forMs: 20_000, factor: 0.25 }],
    });
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '1000');
    clock.advance(10_000);
    const during = await call();
    assert.equal(during.get('x-ratelimit-limit-tokens'), '250');
    assert.equal(during.get('x-ratelimit-limit-requests'), '1500');
    assert.equal(during.get('x-ratelimit-remaining-tokens'), '50');
    await refused();
    clock.advance(20_000);
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '1000');
  });

  test('through the admin endpoint begins at once and is measured from then', async (context) => {
    const { azureOpenAi, call, clock } = await start(context, { tokensPerMinute: 60_000 });
    const change = { lowered: { forMs: 30_000, tokensPerMinute: 6000 } };
    const answer = await azureOpenAi.admin('PATCH', mini, change);
    assert.deepEqual(await answer.json(), {
      tokensPerMinute: 60_000,
      requestsPerMinute: 6000,
      inForce: { tokensPerMinute: 6000, requestsPerMinute: 6000 },
      neighbour: null,
      lies: {},
    });
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '6000');
    clock.advance(60_000);
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '60000');
    const from = clock.now() - 60_000;
    const { capacity } = await azureOpenAi.usage(`from=${from}&before=${clock.now()}`);
    assert.deepEqual(capacity, { tokens: 33_000, requests: 6000 });
  });

  test('is put back by null, and by a reset, which begins the schedule anew', async (context) => {
    const { azureOpenAi, call, clock } = await start(context, {
      tokensPerMinute: 1000,
      lowered: [{ forMs: 5000, tokensPerMinute: 500 }],
    });
    await azureOpenAi.admin('PATCH', mini, { lowered: null });
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '1000');
    await azureOpenAi.admin('POST', 'reset');
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '500');
    clock.advance(5000);
    assert.equal((await call()).get('x-ratelimit-limit-tokens'), '1000');
  });
});

describe('lying headers', () => {
  const told: readonly (readonly [lies: DeploymentSettings['lies'], seconds: string | null, ms: string | null])[] = [
    [{}, '60', '60000'],
    [{ retryAfterSeconds: 1 }, '1', null],
    [{ retryAfterSeconds: 1, retryAfterMs: 0 }, '1', '0'],
    [{ retryAfterSeconds: 86_400 }, '86400', null],
    [{ retryAfterSeconds: -1 }, '-1', null],
    [{ retryAfterSeconds: 'none' }, null, null],
    [{ retryAfterMs: 0 }, '60', '0'],
  ];
  for (const [lies, seconds, ms] of told) {
    test(`${JSON.stringify(lies)} tells to retry after ${seconds} s and ${ms} ms`, async (context) => {
      const { azureOpenAi, call } = await start(context, { tokensPerMinute: 150, lies });
      await call();
      const error = await rejection(azureOpenAi.region().azure.chat.completions.create(costs100));
      assert.equal(error.status, 429);
      assert.equal(error.headers?.get('retry-after'), seconds);
      assert.equal(error.headers?.get('retry-after-ms'), ms);
      const inMessage = /retry after (-?\d+) seconds/u.exec(error.message)?.[1];
      assert.equal(inMessage ?? null, seconds);
    });
  }

  test('of limits and what remains are told on answers and on refusals, and judge nothing', async (context) => {
    const lies = { limitTokens: -1, remainingTokens: 0, limitRequests: 0, remainingRequests: -1 };
    const { call, refused } = await start(context, { tokensPerMinute: 150, lies });
    for (const headers of [await call(), await refused()]) {
      assert.equal(headers.get('x-ratelimit-limit-tokens'), '-1');
      assert.equal(headers.get('x-ratelimit-remaining-tokens'), '0');
      assert.equal(headers.get('x-ratelimit-limit-requests'), '0');
      assert.equal(headers.get('x-ratelimit-remaining-requests'), '-1');
    }
  });

  test('begin and end through the admin endpoint, and a reset puts back the first', async (context) => {
    const lies = { remainingTokens: -1 };
    const { azureOpenAi, call } = await start(context, { tokensPerMinute: 1000, lies });
    await azureOpenAi.admin('PATCH', mini, { lies: { remainingTokens: 7 } });
    assert.equal((await call()).get('x-ratelimit-remaining-tokens'), '7');
    await azureOpenAi.admin('PATCH', mini, { lies: null });
    assert.equal((await call()).get('x-ratelimit-remaining-tokens'), '800');
    await azureOpenAi.admin('POST', 'reset');
    assert.equal((await call()).get('x-ratelimit-remaining-tokens'), '-1');
  });
});

describe('a neighbour', () => {
  test('takes its part of the limit, and is in no figure of ours', async (context) => {
    const deployment = { tokensPerMinute: 100_000, neighbour: { share: 0.3 } };
    const { azureOpenAi, call, clock } = await start(context, deployment);
    clock.advance(60_000);
    const remaining = Number((await call()).get('x-ratelimit-remaining-tokens'));
    const { everybody, neighbour, ours } = await azureOpenAi.limiter();
    assert.equal(ours.admittedCost, 100);
    assert.equal(ours.fullestTokenWindow, 0.001);
    assert.ok(neighbour.admittedCost > 20_000 && neighbour.admittedCost < 40_000, String(neighbour.admittedCost));
    assert.ok(remaining >= 99_900 - neighbour.admittedCost && remaining < 80_000);
    assert.ok(everybody.fullestTokenWindow > 0.2);
    const report = await azureOpenAi.deployment();
    assert.deepEqual([report.calls, report.admittedCost, report.tokenWindow.fullest], [1, 100, 0.001]);
    assert.equal(report.tokenWindow.cost, 100_000 - remaining);
    assert.equal((await azureOpenAi.calls()).length, 1);
  });

  test('is throttled by what we take, as we are by what it takes', async (context) => {
    const deployment = { tokensPerMinute: 1050, neighbour: { share: 1, costPerCall: 100 } };
    const { azureOpenAi, call, clock, refused } = await start(context, deployment);
    await Promise.all(Array.from({ length: 10 }, call));
    clock.advance(59_000);
    await refused();
    const { everybody, neighbour, ours } = await azureOpenAi.limiter();
    assert.equal(ours.throttled429.tokens, 1);
    assert.ok(neighbour.throttled429.tokens > 0);
    assert.ok(everybody.fullestTokenWindow <= 1);
  });

  test('comes and goes through the admin endpoint, and its calls of any interval are told apart', async (context) => {
    const { azureOpenAi, call, clock } = await start(context, { tokensPerMinute: 100_000 });
    const began = clock.now();
    await call();
    await azureOpenAi.admin('PATCH', mini, { neighbour: { share: 0.5, fromMs: 1000 } });
    clock.advance(30_000);
    await azureOpenAi.admin('PATCH', mini, { neighbour: null });
    clock.advance(30_000);
    await call();
    const all = await azureOpenAi.usage();
    const { neighbour } = await azureOpenAi.limiter();
    assert.deepEqual(all.neighbour, neighbour);
    assert.equal(all.ours.admittedCost, 200);
    assert.ok(neighbour.admitted > 10);
    const first = await azureOpenAi.usage(`from=${began}&before=${began + 1000}`);
    assert.deepEqual([first.ours.admitted, first.neighbour.admitted], [1, 0]);
    const later = await azureOpenAi.usage(`from=${began + 30_001}&before=${began + 60_000}`);
    assert.deepEqual([later.ours.admitted, later.neighbour.admitted], [0, 0]);
  });
});

describe('a limiter shared by regions', () => {
  test('is lowered for all of them, and gives its neighbour once', async (context) => {
    const clock = testClock();
    const shared = chatDeployment({ tokensPerMinute: 60_000, limitGroup: 'global', neighbour: { share: 0.5 } });
    const regions = ['east', 'west'].map((name) => ({
      name,
      port: 0,
      apiKey: `${name}-key`,
      deployments: [shared],
      latency: noLatency,
    }));
    const azureOpenAi = await startForTest(context, testSettings([], { regions, now: clock.now, isInstant: true }));
    await azureOpenAi.admin('PATCH', mini, { lowered: { forMs: 1e6, factor: 0.5 }, lies: { remainingTokens: 1 } });
    clock.advance(60_000);
    const { azure } = azureOpenAi.region('west');
    const { headers } = (await azure.chat.completions.create(costs100).withResponse()).response;
    assert.equal(headers.get('x-ratelimit-limit-tokens'), '30000');
    assert.notEqual(headers.get('x-ratelimit-remaining-tokens'), '1');
    const { deployments, neighbour, ours } = await azureOpenAi.limiter('group/global');
    assert.deepEqual(deployments, ['east/mini', 'west/mini']);
    assert.equal(ours.admitted, 1);
    assert.ok(neighbour.admittedCost > 20_000 && neighbour.admittedCost <= 30_000, String(neighbour.admittedCost));
  });
});

describe('the call log', () => {
  test('holds when each call was judged, also of those turned away', async (context) => {
    const { azureOpenAi, call, clock, refused } = await start(context, { tokensPerMinute: 150 });
    await call();
    clock.advance(700);
    await refused();
    const began = clock.now() - 700;
    assert.deepEqual(
      (await azureOpenAi.calls()).map(({ at, cost, isAdmitted, throttledBy }) => [
        at - began,
        cost,
        isAdmitted,
        throttledBy,
      ]),
      [
        [0, 100, true, ''],
        [700, 100, false, 'tokens'],
      ],
    );
  });
});

describe('every answer', () => {
  test('is dated by the clock of the service as its head is written', async (context) => {
    const { azureOpenAi, call, clock, refused } = await start(context, { tokensPerMinute: 250 });
    const { endpoint, azure } = azureOpenAi.region();
    const expected = (): string => new Date(clock.now()).toUTCString();
    assert.equal((await call()).get('date'), expected());
    clock.advance(1500);
    const streamed = await azure.chat.completions.create({ ...costs100, stream: true }).withResponse();
    assert.equal(streamed.response.headers.get('date'), expected());
    clock.advance(1500);
    assert.equal((await refused()).get('date'), expected());
    assert.equal((await fetch(`${endpoint}/nowhere`)).headers.get('date'), expected());
    assert.equal((await azureOpenAi.admin('GET', 'counters')).headers.get('date'), expected());
    assert.equal((await azureOpenAi.admin('GET', 'nowhere')).headers.get('date'), expected());
  });
});

describe('the start', () => {
  test('prints each deployment with every face', async (context) => {
    const lines: string[] = [];
    const settings = testSettings([chatDeployment(), chatDeployment({ name: 'odd', lies: { retryAfterSeconds: 1 } })]);
    await startForTest(context, { ...settings, log: (line) => lines.push(line) });
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^azure-openai: east\/mini: 1000000 tokens in a sliding window of 60 s; /u);
    assert.match(lines[1] ?? '', /^azure-openai: east\/odd: .*; lying headers: retryAfterSeconds 1$/u);
  });
});
