import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { chatJob, progressOf, resultsOf, runApp, type RunningApp, submit, until } from './running-app.ts';

const jobs = 240;

let app: RunningApp;

before(async () => {
  const latency = { firstTokenMs: 300, tokensPerSecond: 200, tailProbability: 0.05, tailFactor: 4 };
  app = await runApp({ latency });
});

after(async () => {
  await app.end();
});

async function completedAtLeast(batchId: string, wanted: number): Promise<void> {
  await until(`${wanted} jobs of ${batchId} completed`, app, async () => {
    const progress = await progressOf(app, batchId);
    return (progress?.byState['completed'] ?? 0) >= wanted ? progress : undefined;
  });
}

test('J1, J2, L1: jobs submitted both ways all complete once, though the app and the stack are killed on the way', async () => {
  const batchId = 'killed';
  const ids = Array.from({ length: jobs }, (_, index) => `job-${String(index).padStart(3, '0')}`);
  const models = ['gpt-4o-mini', 'gpt-4o'];
  const all = ids.map((id, index) => chatJob(id, `Say hello ${index} times.`, models[index % 2]));
  const accepted = await submit(app, batchId, all.slice(0, jobs / 2));
  assert.equal(accepted.status, 202);
  await sendStraight(all.slice(jobs / 2).map((job) => ({ ...job, batchId })));

  await completedAtLeast(batchId, 20);
  await app.killApp();
  await app.startApp();
  await completedAtLeast(batchId, 90);
  await app.killStack();
  await app.startStack();
  const done = await until('all jobs ended', app, async () => {
    const progress = await progressOf(app, batchId);
    return progress?.isDone === true && progress.total === jobs ? progress : undefined;
  });

  assert.equal(done.byState['completed'], jobs);
  const lines = await resultsOf(app, batchId);
  assert.deepEqual(lines.map((line) => line.custom_id).toSorted(), ids);
  assert.ok(lines.every((line) => line.response !== null && line.error === null));
  await queuesAreEmpty();
});

test('L1: after all that, a new job is still picked up', async () => {
  const response = await submit(app, 'late', [chatJob('late-1')]);

  assert.equal(response.status, 202);
  await completedAtLeast('late', 1);
});

function client(): ServiceBusClient {
  return new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
}

/** As another service would: its own client, plain JSON, the id inside. */
async function sendStraight(bodies: readonly unknown[]): Promise<void> {
  const bus = client();
  const sender = bus.createSender('jobs');
  await sender.sendMessages(bodies.map((body) => ({ body })));
  await bus.close();
}

async function queuesAreEmpty(): Promise<void> {
  const bus = client();
  for (const queue of ['jobs', 'jobs-gpt-4o-mini', 'jobs-gpt-4o', 'jobs-gpt-4o-mini-high', 'jobs-gpt-4o-high']) {
    await until(`queue ${queue} is empty`, app, async () => {
      const peeked = await bus.createReceiver(queue).peekMessages(10);
      return peeked.length === 0 ? true : undefined;
    });
    const dead = await bus.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(10);
    assert.deepEqual(
      dead.map((message) => message.deadLetterReason),
      [],
      queue,
    );
  }
  await bus.close();
}
