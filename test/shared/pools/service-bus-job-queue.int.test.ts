import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { serviceBusJobQueue } from '../../../shared/pools/service-bus-job-queue.ts';
import { type JobQueueUnderTest, jobQueueContract } from '../../contracts/job-queue-contract.ts';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { bodies, openClient, receive, temporaryDatabase } from '../../local/service-bus/service-bus-fixture.ts';

const queues = [
  { name: 'jobs', lockDurationMs: 30_000, duplicateDetectionWindowMs: 600_000 },
  // Shorter than the first look at the locks, so that nothing renews it.
  { name: 'brief', lockDurationMs: 500 },
  { name: 'twice', lockDurationMs: 30_000, maxDeliveryCount: 2 },
];

const message = { messageId: 'a', text: '{}', epoch: 0, traceparent: undefined };

/** Gives up soon: what is tried against a broker that is away would be waited for. */
function connect(connectionString: string): ReturnType<typeof serviceBusJobQueue> {
  const retryOptions = { maxRetries: 1, retryDelayInMs: 50, maxRetryDelayInMs: 200, timeoutInMs: 1500 };
  return serviceBusJobQueue(new ServiceBusClient(connectionString, { retryOptions }));
}

async function open(context: TestContext): Promise<JobQueueUnderTest & { readonly bus: ServiceBus }> {
  const bus = await startServiceBus({ port: 0, databasePath: temporaryDatabase(context), queues, key: 'test-key' });
  const queue = connect(bus.connectionString);
  const observer = openClient(bus.connectionString);
  context.after(async () => {
    // The SDK's `close` never ends when its connection is lost at the same moment: clients go first.
    await queue.close();
    await observer.close();
    await bus.stop();
  });
  return {
    bus,
    queue,
    run: async (work) => work,
    now: Date.now,
    pass: async (ms) => setTimeout(ms),
    deadLetters: async () => readDeadLetters(observer, bus.counts('jobs').deadLettered),
    loseLocks: () => undefined,
  };
}

async function readDeadLetters(client: ServiceBusClient, count: number) {
  const messages = await receive(client.createReceiver('jobs', { subQueueType: 'deadLetter' }), count);
  const [first] = bodies(messages);
  return messages.map(({ deadLetterReason, deadLetterErrorDescription, applicationProperties }) => ({
    reason: deadLetterReason ?? '',
    description: deadLetterErrorDescription ?? '',
    figures: Object.fromEntries(
      Object.entries(applicationProperties ?? {}).map(([key, value]) => [
        key,
        typeof value === 'object' ? null : value,
      ]),
    ),
    body: first,
  }));
}

jobQueueContract('queues on Service Bus', open);

test('after its connection was cut, a queue goes on with the next call', async (context) => {
  const { queue, bus } = await open(context);
  await queue.send('jobs', [message]);
  const [received] = await queue.receive('jobs', 1, 5000);
  assert.equal(received?.messageId, 'a');

  bus.dropConnections();

  await queue.send('jobs', [{ ...message, messageId: 'b' }]);
  const [second] = await queue.receive('jobs', 1, 5000);
  assert.equal(second?.messageId, 'b');
  assert.equal(await second.complete(), 'settled');
});

test('a message that is larger than a queue takes is refused by its id', async (context) => {
  const { queue } = await open(context);
  const large = { ...message, messageId: 'large', text: `"${'x'.repeat(400_000)}"` };

  await assert.rejects(queue.send('jobs', [large, message]), {
    code: 'queue.message-too-large',
    message: /large/u,
  });
  await assert.rejects(queue.send('jobs', [large]), { code: 'queue.refused', isRetryable: false });
});

test('figures that are lists travel as JSON with the dead letter, and those that are too long stay on the document', async (context) => {
  const { queue, deadLetters } = await open(context);
  await queue.send('jobs', [message]);
  const [received] = await queue.receive('jobs', 1, 5000);
  const largest = [{ index: 0, tokens: 9 }];

  await received?.deadLetter({
    reason: 'R',
    description: '',
    figures: { largest, long: ['x'.repeat(5000)], none: null },
  });

  const [dead] = await deadLetters();
  assert.equal(dead?.figures['largest'], JSON.stringify(largest));
  assert.ok(!('long' in (dead?.figures ?? {})));
});

test('a queue that does not exist is refused for good', async (context) => {
  const { queue } = await open(context);

  await assert.rejects(queue.send('missing', [message]), { code: 'queue.refused', isRetryable: false });
  await assert.rejects(queue.receive('missing', 1, 0), { code: 'queue.refused' });
  await assert.rejects(queue.hasWork('missing', new Set()), { code: 'queue.refused' });
  await assert.rejects(queue.backlog('missing'), { code: 'queue.refused' });
  assert.equal((await queue.backlog('jobs')).messages, 0, 'another queue is none the worse');
});

test('a broker that is away is unavailable, and may be asked again', async (context) => {
  const bus = await startServiceBus({ port: 0, databasePath: temporaryDatabase(context), queues, key: 'test-key' });
  await bus.stop();
  const queue = connect(bus.connectionString);

  await assert.rejects(queue.send('jobs', [message]), { code: 'queue.unavailable', isRetryable: true });
  await assert.rejects(queue.backlog('jobs'), { code: 'queue.unavailable', isRetryable: true });
  await queue.close();
});

test('what the broker gave up by itself is seen with its reason', async (context) => {
  const { queue } = await open(context);
  await queue.send('twice', [{ ...message, messageId: 'a~3~0123456789ab', text: '{"mark":1}', epoch: 3 }]);
  for (let delivery = 0; delivery < 2; delivery += 1) {
    const [received] = await queue.receive('twice', 1, 5000);
    await received?.abandon();
  }

  const [head] = await queue.peekDeadLetters('twice', { most: 10 });

  assert.partialDeepStrictEqual(head, { reason: 'MaxDeliveryCountExceeded', epoch: 3 });
  assert.match(head?.description ?? '', /2 delivery attempts/u);
  assert.deepEqual((await queue.readDeadLetter('twice', head?.sequenceNumber ?? ''))?.body, { mark: 1 });
});

test('an epoch is Sluice’s own: a sender’s property of that name counts for nothing', async (context) => {
  const { queue } = await open(context);
  await queue.send('jobs', [{ ...message, epoch: 1_000_000 }]);

  const [received] = await queue.receive('jobs', 1, 5000);

  assert.equal(received?.epoch, 0);
});
