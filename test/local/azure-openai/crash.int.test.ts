import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';

import { AzureOpenAI } from 'openai';

import type { AzureOpenAiSettings, NeighbourSettings } from '../../../local/azure-openai/settings.ts';
import { ask, chatDeployment, rejection, startForTest, testClock, testSettings } from './start-for-test.ts';

const module = new URL('../../../local/azure-openai/start-azure-openai.ts', import.meta.url);

async function databasePath(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'azure-openai-'));
  context.after(async () => rm(folder, { recursive: true, force: true }));
  return join(folder, 'calls.db');
}

async function firstLine(input: Readable): Promise<string> {
  for await (const line of createInterface({ input })) {
    return line;
  }
  throw new Error('The simulator ended before it said where it listens.');
}

describe('a simulator that is killed', () => {
  test('knows after a restart whom it called, and what its windows held', async (context) => {
    const settings = testSettings([chatDeployment({ tokensPerMinute: 350 })], {
      databasePath: await databasePath(context),
    });
    const script = `
      const { startAzureOpenAi } = await import(${JSON.stringify(module.href)});
      const started = await startAzureOpenAi(${JSON.stringify(settings)});
      console.log(started.endpoint('east'));`;
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    context.after(() => child.kill('SIGKILL'));
    const endpoint = await firstLine(child.stdout);
    const azure = new AzureOpenAI({
      endpoint,
      apiKey: 'east-key',
      apiVersion: '2024-10-21',
      maxRetries: 0,
    });
    for (const id of ['a', 'b', 'a']) {
      await azure.chat.completions.create(ask('x', 99), { headers: { 'x-ms-client-request-id': id } });
    }
    child.kill('SIGKILL');
    await once(child, 'exit');

    const restarted = await startForTest(context, settings);
    assert.deepEqual(
      (await restarted.calls()).map((call) => call.clientRequestId),
      ['a', 'b', 'a'],
    );
    const report = await restarted.deployment();
    assert.equal(report.completed, 3);
    assert.equal(report.tokenWindow.cost, 300);
    assert.ok(report.tokenWindow.fullest > 0.85);
    const refused = await rejection(restarted.region().azure.chat.completions.create(ask('x', 99)));
    assert.equal(refused.status, 429);
  });

  test('knows from its database what throttled calls and a neighbour had taken, and every sum and peak', async (context) => {
    const clock = testClock();
    const path = await databasePath(context);
    const settingsWith = (neighbour: NeighbourSettings): AzureOpenAiSettings =>
      testSettings([chatDeployment({ tokensPerMinute: 1000, countsThrottled: 'requests-and-tokens', neighbour })], {
        databasePath: path,
        now: clock.now,
      });
    const first = await startForTest(context, settingsWith({ share: 0.3, costPerCall: 10, forMs: 30_000 }));
    await first.region().azure.chat.completions.create(ask('x', 99));
    clock.advance(40_000);
    await rejection(first.region().azure.chat.completions.create(ask('x', 999)));
    const before = await first.limiter();
    const windows = await first.deployment();
    await first.stop();

    const second = await startForTest(context, settingsWith({ share: 0 }));
    assert.deepEqual(await second.limiter(), before);
    assert.ok(before.neighbour.admitted > 0 && before.ours.throttled429.tokens === 1);
    const { requestWindow, tokenWindow } = await second.deployment();
    assert.deepEqual([tokenWindow, requestWindow], [windows.tokenWindow, windows.requestWindow]);
    assert.equal(tokenWindow.cost, 100 + 1000 + before.neighbour.admittedCost);
  });

  test('knows from its database how full a provisioned deployment was, after corrections', async (context) => {
    const clock = testClock();
    const provisioned = { units: 60, tokensPerMinutePerUnit: 1000, outputWeight: 4, burstSeconds: 2 };
    const settings = testSettings([chatDeployment({ provisioned })], {
      databasePath: await databasePath(context),
      now: clock.now,
    });
    const first = await startForTest(context, settings);
    await first.region().azure.chat.completions.create(ask('[[sluice:answer-tokens=300]]', 2000));
    clock.advance(100);
    await first.region().azure.chat.completions.create(ask('[[sluice:answer-tokens=100]]', 2000));
    clock.advance(100);
    const before = await first.limiter();
    const bucket = (await first.deployment()).tokenWindow;
    await first.stop();

    const second = await startForTest(context, settings);
    assert.deepEqual(await second.limiter(), before);
    assert.deepEqual((await second.deployment()).tokenWindow, bucket);
    assert.ok(bucket.cost > 1000 && bucket.fullest > 1);
  });

  test('stopped in an orderly way and started again goes on with its numbers', async (context) => {
    const settings = testSettings(undefined, { databasePath: await databasePath(context) });
    const first = await startForTest(context, settings);
    await first.region().azure.chat.completions.create(ask('x', 9));
    await first.stop();
    const second = await startForTest(context, settings);
    await second.region().azure.chat.completions.create(ask('x', 9));
    assert.deepEqual(
      (await second.calls()).map((call) => call.number),
      [1, 2],
    );
  });
});
