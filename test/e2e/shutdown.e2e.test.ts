import { ServiceBusClient } from '@azure/service-bus';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { chatJob, progressOf, runApp, type RunningApp, submit, until } from './running-app.ts';

const batchId = 'shutdown';
const jobs = 6;

let app: RunningApp;

before(async () => {
  // Locks outlive the test: a message that can be received again was handed back.
  app = await runApp({ lockMs: 300_000 });
});

after(async () => {
  await app.end();
});

async function answerAfter(firstTokenMs: number): Promise<void> {
  const latency = { firstTokenMs, tokensPerSecond: 2000, tailProbability: 0, tailFactor: 1 };
  for (const region of ['eastus', 'swedencentral']) {
    const response = await fetch(`${app.stack().adminUrl}/admin/regions/${region}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ latency }),
    });
    assert.ok(response.ok, await response.text());
  }
}

const counters = z.object({
  limiters: z.record(z.string(), z.object({ ours: z.object({ admitted: z.number() }) })),
});

/** The simulated regions have admitted so many calls, answered or not. */
async function called(calls: number): Promise<void> {
  await until(`${calls} calls were admitted`, app, async () => {
    const response = await fetch(`${app.stack().adminUrl}/admin/counters`);
    const { limiters } = counters.parse(await response.json());
    const admitted = Object.values(limiters).reduce((sum, { ours }) => sum + ours.admitted, 0);
    return admitted >= calls ? true : undefined;
  });
}

/** Takes every job's message off its queue and gives it back; fails when one is still locked. */
async function receiveAll(): Promise<void> {
  const bus = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
  const receiver = bus.createReceiver('jobs-gpt-4o-mini');
  const messages = await receiver.receiveMessages(jobs, { maxWaitTimeInMs: 20_000 });
  while (messages.length < jobs) {
    const more = await receiver.receiveMessages(jobs - messages.length, { maxWaitTimeInMs: 20_000 });
    assert.ok(more.length > 0, `${messages.length} of ${jobs} messages were handed back\n${app.log()}`);
    messages.push(...more);
  }
  await Promise.all(messages.map(async (message) => receiver.abandonMessage(message)));
  await bus.close();
}

test('J3: an app that is told to stop hands back the jobs whose calls are long, as often as that is, and none is called poison', async () => {
  await answerAfter(60_000);
  const accepted = await submit(
    app,
    batchId,
    Array.from({ length: jobs }, (_, index) => chatJob(`shutdown-${index}`)),
  );
  assert.equal(accepted.status, 202);
  for (let stop = 1; stop <= 2; stop += 1) {
    await called(stop * jobs);
    await app.stopApp();
    await receiveAll();
    await answerAfter(stop === 2 ? 20 : 60_000);
    await app.startApp();
  }

  await until('all jobs completed', app, async () => {
    const progress = await progressOf(app, batchId);
    return progress?.byState['completed'] === jobs ? true : undefined;
  });
});
