import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ServiceBusClient, ServiceBusError, type ServiceBusReceiver } from '@azure/service-bus';
import { z } from 'zod';
import { bodies, openClient, receive, receiveOne } from '../service-bus/service-bus-fixture.ts';
import { stackForTest } from './stack-for-test.ts';

const { admin, faults, setting } = await stackForTest();
const client = openClient(setting('ServiceBus'), 5000);
after(async () => {
  await client.close();
});

const counts = z.record(z.string(), z.object({ active: z.number(), locked: z.number() }));
const dropped = z.object({ dropped: z.number() });

async function standing(queue: string): Promise<unknown> {
  return counts.parse(await admin('GET', 'service-bus/queues'))[queue];
}

/** The code of the `ServiceBusError` that a call ends with. */
async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => assert.fail('The call was expected to fail, and was answered.'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ServiceBusError, String(error));
  return error.code;
}

async function empty(receiver: ServiceBusReceiver): Promise<void> {
  for (;;) {
    const messages = await receiver.receiveMessages(100, { maxWaitTimeInMs: 200 });
    if (messages.length === 0) {
      return;
    }
    await Promise.all(messages.map(async (message) => receiver.completeMessage(message)));
  }
}

test('a full queue refuses a send with QuotaExceeded, as often as it counts, and the others take theirs', async () => {
  const sender = client.createSender('jobs');
  const other = client.createSender('pump');
  await admin('POST', 'service-bus/faults', { operation: 'send', queue: 'jobs', refusal: 'queue-full', count: 2 });
  assert.equal(await refusalOf(sender.sendMessages({ body: 1 })), 'QuotaExceeded');
  await other.sendMessages({ body: 'elsewhere' });
  assert.equal(await refusalOf(sender.scheduleMessages({ body: 2 }, new Date(Date.now() + 60_000))), 'QuotaExceeded');
  await sender.sendMessages({ body: 3 });
  const receiver = client.createReceiver('jobs');
  const message = await receiveOne(receiver);
  assert.equal(message.body, 3);
  await receiver.completeMessage(message);
  assert.equal((await faults('service-bus')).faults.at(-1)?.taken, 2);
  await empty(client.createReceiver('pump'));
});

for (const [refusal, code] of [
  ['queue-full', 'QuotaExceeded'],
  ['server-busy', 'ServiceBusy'],
  ['internal-error', 'GeneralError'],
  ['timeout', 'ServiceTimeout'],
] as const) {
  test(`a send that is refused with ${refusal} fails with ${code}`, async () => {
    await admin('POST', 'service-bus/faults', { operation: 'send', refusal, count: 1 });
    assert.equal(await refusalOf(client.createSender('jobs').sendMessages({ body: refusal })), code);
    assert.deepEqual(await standing('jobs'), { active: 0, locked: 0 });
  });
}

test('a send that is delayed is stored later', async () => {
  await admin('POST', 'service-bus/faults', { operation: 'send', delayMs: 50, count: 1 });
  await client.createSender('jobs').sendMessages({ body: 'late' });
  assert.deepEqual(await standing('jobs'), { active: 1, locked: 0 });
  await empty(client.createReceiver('jobs'));
});

test('a send that is reset before is not stored, one that is reset after is', async () => {
  for (const [reset, stored] of [
    ['before', 0],
    ['after', 1],
  ] as const) {
    const own = openClient(setting('ServiceBus'), 2000);
    await admin('POST', 'service-bus/faults', { operation: 'send', queue: 'jobs', reset, count: 1 });
    await assert.rejects(own.createSender('jobs').sendMessages({ body: reset }));
    assert.deepEqual(await standing('jobs'), { active: stored, locked: 0 }, reset);
    await own.close();
  }
  await empty(client.createReceiver('jobs'));
});

test('locks that lapse make their messages available again, and their holder fails with MessageLockLost', async () => {
  await client.createSender('jobs').sendMessages([{ body: 'a' }, { body: 'b' }]);
  const receiver = client.createReceiver('jobs');
  const held = await receive(receiver, 2);
  const answer = await admin('POST', 'service-bus/queues/jobs/lapse-locks');
  assert.deepEqual(answer, { lapsed: 2 });
  for (const message of held) {
    assert.equal(await refusalOf(receiver.completeMessage(message)), 'MessageLockLost');
  }
  const again = await receive(receiver, 2);
  assert.deepEqual(new Set(bodies(again)), new Set(['a', 'b']));
  assert.deepEqual(
    again.map(({ deliveryCount }) => deliveryCount),
    [1, 1],
  );
  await Promise.all(again.map(async (message) => receiver.completeMessage(message)));
});

test('a share of the locks can lapse', async () => {
  await client.createSender('jobs').sendMessages(Array.from({ length: 40 }, (_, body) => ({ body })));
  const receiver = client.createReceiver('jobs');
  const held = await receive(receiver, 40);
  const { lapsed } = z
    .object({ lapsed: z.number() })
    .parse(await admin('POST', 'service-bus/queues/jobs/lapse-locks', { share: 0.5 }));
  assert.ok(lapsed > 0 && lapsed < 40, `${lapsed}`);
  const settled = await Promise.allSettled(held.map(async (message) => receiver.completeMessage(message)));
  assert.equal(settled.filter(({ status }) => status === 'rejected').length, lapsed);
  await empty(client.createReceiver('jobs'));
});

test('a refused settlement leaves the message locked, a reset after one leaves it settled', async () => {
  await client.createSender('jobs').sendMessages({ body: 'kept' });
  const receiver = client.createReceiver('jobs');
  const kept = await receiveOne(receiver);
  await admin('POST', 'service-bus/faults', { operation: 'settle', refusal: 'internal-error', count: 1 });
  await assert.rejects(receiver.completeMessage(kept));
  assert.deepEqual(await standing('jobs'), { active: 0, locked: 1 });
  await admin('POST', 'service-bus/queues/jobs/lapse-locks');
  await admin('POST', 'service-bus/faults', { operation: 'settle', reset: 'after', count: 1 });
  const own = openClient(setting('ServiceBus'), 2000);
  const ownReceiver = own.createReceiver('jobs');
  await assert.rejects(ownReceiver.completeMessage(await receiveOne(ownReceiver)));
  assert.deepEqual(await standing('jobs'), { active: 0, locked: 0 });
  await own.close();
});

test('sends that are refused and sends that are taken, at the same time, each learn their own outcome', async () => {
  const sender = client.createSender('jobs');
  await sender.sendMessages({ body: 'opens the link' });
  await admin('POST', 'service-bus/faults', { operation: 'send', refusal: 'queue-full', probability: 0.5 });
  const sent = await Promise.allSettled(
    Array.from({ length: 60 }, async (_, index) => sender.sendMessages({ body: index })),
  );
  const taken = sent.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
  const refused = (await faults('service-bus')).faults.at(-1)?.taken;
  await admin('DELETE', 'service-bus/faults');
  const receiver = client.createReceiver('jobs');
  const got = await receive(receiver, taken.length + 1);
  assert.deepEqual(bodies(got), ['opens the link', ...taken]);
  assert.equal(refused, 60 - taken.length);
  await Promise.all(got.map(async (message) => receiver.completeMessage(message)));
  assert.deepEqual(await standing('jobs'), { active: 0, locked: 0 });
});

test('links that are dropped are taken up again by a subscription, and so are connections', async () => {
  const own = new ServiceBusClient(setting('ServiceBus'), { retryOptions: { retryDelayInMs: 20 } });
  const got: unknown[] = [];
  const errors: string[] = [];
  let wake = (): void => undefined;
  const subscription = own.createReceiver('jobs').subscribe({
    processMessage: async ({ body }) => {
      got.push(body);
      wake();
    },
    processError: async ({ error }) => {
      errors.push(error instanceof ServiceBusError ? error.code : error.name);
    },
  });
  const next = async (body: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = () => {
      if (got.includes(body)) {
        resolve();
      }
    };
    await openAndSend(body);
    wake();
    await promise;
  };
  await next('first');
  const links = dropped.parse(await admin('POST', 'service-bus/drop-links', { queue: 'jobs', role: 'receiver' }));
  assert.ok(links.dropped >= 1);
  await next('second');
  assert.ok(dropped.parse(await admin('POST', 'service-bus/drop-connections')).dropped >= 1);
  await next('third');
  assert.deepEqual(got, ['first', 'second', 'third']);
  await subscription.close();
  await own.close();
});

/** By a client of its own, which knows nothing of what was dropped before. */
async function openAndSend(body: string): Promise<void> {
  const sending = openClient(setting('ServiceBus'));
  await sending.createSender('jobs').sendMessages({ body });
  await sending.close();
}
