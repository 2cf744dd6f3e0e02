import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueProperties } from '@azure/service-bus';
import { adminClientFor } from '../../../../local/service-bus/admin-client.ts';
import { connectionString, openAdmin, openClient, openQueue, queueName, skipOnForeignNamespace } from './endpoint.ts';

const unbounded = 'P10675199DT2H48M5.4775807S';

test('a queue that is made with nothing said has the defaults of the service', async (t) => {
  const admin = await openAdmin();
  const name = await openQueue(t);

  const queue = await admin.getQueue(name);

  assert.equal(queue.name, name);
  assert.equal(queue.lockDuration, 'PT1M');
  assert.equal(queue.maxDeliveryCount, 10);
  assert.equal(queue.defaultMessageTimeToLive, unbounded);
  assert.equal(queue.duplicateDetectionHistoryTimeWindow, 'PT10M');
  assert.equal(queue.maxSizeInMegabytes, 1024);
  assert.equal(queue.requiresSession, false);
  assert.equal(queue.requiresDuplicateDetection, false);
  assert.equal(queue.deadLetteringOnMessageExpiration, false);
  assert.equal(queue.enableBatchedOperations, true);
  assert.equal(queue.status, 'Active');
});

test('a queue keeps the settings that it is made with', async (t) => {
  const admin = await openAdmin();
  const settings = {
    lockDuration: 'PT45S',
    maxDeliveryCount: 3,
    defaultMessageTimeToLive: 'P1DT1H30M',
    deadLetteringOnMessageExpiration: true,
    requiresSession: true,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT30S',
    maxSizeInMegabytes: 2048,
    userMetadata: 'a < b & "c"',
  };
  const name = await openQueue(t, settings);

  const queue = await admin.getQueue(name);

  assert.deepEqual(pick(queue, settings), settings);
});

test('a queue is found under its name in any case, and keeps it as it was first spelled', async (t) => {
  const admin = await openAdmin();
  const name = queueName().toUpperCase();
  await admin.createQueue(name);
  t.after(async () => admin.deleteQueue(name));

  assert.equal((await admin.getQueue(name.toLowerCase())).name.toLowerCase(), name.toLowerCase());
  assert.equal(await admin.queueExists(name.toLowerCase()), true);
});

test('a queue that exists cannot be made again: 409 MessageEntityAlreadyExistsError', async (t) => {
  const admin = await openAdmin();
  const name = await openQueue(t);

  await assert.rejects(admin.createQueue(name), { code: 'MessageEntityAlreadyExistsError', statusCode: 409 });
});

test('a queue that is not there is MessageEntityNotFoundError to get, to update and to delete', async (t) => {
  const admin = await openAdmin();
  const name = queueName();
  const notFound = { code: 'MessageEntityNotFoundError' };
  const other = await admin.getQueue(await openQueue(t));

  await assert.rejects(admin.getQueue(name), notFound);
  await assert.rejects(admin.getQueueRuntimeProperties(name), notFound);
  await assert.rejects(admin.updateQueue({ ...other, name }), { ...notFound, statusCode: 404 });
  await assert.rejects(admin.deleteQueue(name), { ...notFound, statusCode: 404 });
  assert.equal(await admin.queueExists(name), false);
});

test('settings out of their range are refused with 400', async () => {
  const admin = await openAdmin();
  const refused = { statusCode: 400 };

  await assert.rejects(admin.createQueue(queueName(), { lockDuration: 'PT6M' }), refused);
  await assert.rejects(admin.createQueue(queueName(), { lockDuration: 'a while' }), refused);
  await assert.rejects(admin.createQueue(queueName(), { maxDeliveryCount: 0 }), refused);
  const window = { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'P8D' };
  await assert.rejects(admin.createQueue(queueName(), window), refused);
});

test('an update changes what can be changed, at once', async (t) => {
  const admin = await openAdmin();
  const client = await openClient(t);
  const name = await openQueue(t, { lockDuration: 'PT30S' });
  const queue = await admin.getQueue(name);

  const updated = await admin.updateQueue({ ...queue, lockDuration: 'PT2M', maxDeliveryCount: 7 });
  await client.createSender(name).sendMessages({ body: 'a' });
  const before = Date.now();
  const [message] = await client.createReceiver(name).receiveMessages(1);

  assert.equal(updated.lockDuration, 'PT2M');
  assert.equal((await admin.getQueue(name)).maxDeliveryCount, 7);
  assert.ok((message?.lockedUntilUtc?.getTime() ?? 0) > before + 90_000);
});

test('whether a queue has sessions or finds duplicates is fixed when it is made', async (t) => {
  const admin = await openAdmin();
  const queue = await admin.getQueue(await openQueue(t));

  await assert.rejects(admin.updateQueue({ ...queue, requiresSession: true }), { statusCode: 400 });
  await assert.rejects(admin.updateQueue({ ...queue, requiresDuplicateDetection: true }), { statusCode: 400 });
});

test('runtime properties count active, scheduled and dead-lettered messages', async (t) => {
  const admin = await openAdmin();
  const client = await openClient(t);
  const name = await openQueue(t);
  const sender = client.createSender(name);
  await sender.sendMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }, { body: 'd' }]);
  await sender.scheduleMessages([{ body: 'later' }, { body: 'later' }], new Date(Date.now() + 600_000));
  const receiver = client.createReceiver(name);
  const [first, second, third] = await receiver.receiveMessages(3);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  await receiver.deadLetterMessage(first);
  await receiver.completeMessage(second);

  // The service counts after a while.
  const counts = await until(
    async () => admin.getQueueRuntimeProperties(name),
    ({ deadLetterMessageCount, activeMessageCount }) => deadLetterMessageCount === 1 && activeMessageCount === 2,
  );

  assert.equal(counts.scheduledMessageCount, 2);
  assert.equal(counts.totalMessageCount, 5);
  assert.equal(counts.transferMessageCount, 0);
  assert.ok((counts.sizeInBytes ?? 0) > 0);
});

test('runtime properties tell when a queue was made, changed and used', async (t) => {
  const admin = await openAdmin();
  const client = await openClient(t);
  const name = await openQueue(t);
  const made = await admin.getQueueRuntimeProperties(name);
  await admin.updateQueue({ ...(await admin.getQueue(name)), maxDeliveryCount: 4 });
  await client.createSender(name).sendMessages({ body: 'a' });

  const used = await until(
    async () => admin.getQueueRuntimeProperties(name),
    ({ accessedAt, modifiedAt }) => accessedAt >= made.createdAt && modifiedAt > made.modifiedAt,
  );

  assert.equal(used.createdAt.getTime(), made.createdAt.getTime());
});

test('queues are listed in pages, with and without their runtime properties', async (t) => {
  const admin = await openAdmin();
  const names = [await openQueue(t), await openQueue(t), await openQueue(t)];
  const listed: string[] = [];
  const counted: string[] = [];

  for await (const page of admin.listQueues().byPage({ maxPageSize: 2 })) {
    assert.ok(page.length <= 2);
    listed.push(...page.map(({ name }) => name));
  }
  for await (const { name } of admin.listQueuesRuntimeProperties()) {
    counted.push(name);
  }

  assert.deepEqual(
    names.filter((name) => !listed.includes(name) || !counted.includes(name)),
    [],
  );
  assert.equal(new Set(listed).size, listed.length);
});

test(
  'a full queue answers QuotaExceeded, and takes messages again when others have gone',
  { skip: skipOnForeignNamespace('its smallest queue holds 1 GB') },
  async (t) => {
    const client = await openClient(t);
    const name = await openQueue(t, { maxSizeInMegabytes: 1 });
    const sender = client.createSender(name);
    const body = Buffer.alloc(240_000);
    for (let sent = 0; sent < 4; sent += 1) {
      await sender.sendMessages({ body });
    }

    await assert.rejects(sender.sendMessages({ body }), { code: 'QuotaExceeded' });
    const [first] = await client.createReceiver(name, { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    await sender.sendMessages({ body });

    assert.equal(first?.sequenceNumber?.toNumber(), 1);
    assert.equal((await (await openAdmin()).getQueueRuntimeProperties(name)).totalMessageCount, 4);
  },
);

test('a queue that was deleted is gone with its messages', async (t) => {
  const admin = await openAdmin();
  const name = await openQueue(t);
  await (await openClient(t)).createSender(name).sendMessages({ body: 'before' });

  await admin.deleteQueue(name);
  const client = await openClient(t);
  await assert.rejects(client.createSender(name).sendMessages({ body: 'a' }), { code: 'MessagingEntityNotFound' });
  await admin.createQueue(name);

  assert.equal((await admin.getQueueRuntimeProperties(name)).totalMessageCount, 0);
  assert.deepEqual(await client.createReceiver(name).peekMessages(1), []);
});

test('a subscriber learns that its queue was deleted', async (t) => {
  const admin = await openAdmin();
  const client = await openClient(t);
  const name = queueName();
  await admin.createQueue(name);
  await client.createSender(name).sendMessages({ body: 'a' });
  const received = Promise.withResolvers<unknown>();
  const failed = Promise.withResolvers<unknown>();
  client.createReceiver(name).subscribe({
    processMessage: async ({ body }) => received.resolve(body),
    processError: async ({ error }) => failed.resolve('code' in error && error.code),
  });

  await received.promise;
  await admin.deleteQueue(name);

  assert.equal(await failed.promise, 'MessagingEntityNotFound');
});

test('a wrong key is 401 UnauthorizedRequestError', async () => {
  const wrong = (await connectionString()).replace(/SharedAccessKey=[^;]*/u, 'SharedAccessKey=d3Jvbmc=');

  await assert.rejects(adminClientFor(wrong).getQueue('any'), { code: 'UnauthorizedRequestError', statusCode: 401 });
});

test('the namespace has a name and a tier', async () => {
  const properties = await (await openAdmin()).getNamespaceProperties();

  assert.notEqual(properties.name, '');
  assert.match(properties.messagingSku, /^(?:Basic|Standard|Premium)$/u);
});

test(
  'what is not carried is answered with an error that names it',
  { skip: skipOnForeignNamespace('the service carries it') },
  async () => {
    const admin = await openAdmin();
    const named = (feature: RegExp) => ({ statusCode: 501, message: feature });

    await assert.rejects(admin.createQueue(queueName(), { forwardTo: 'other' }), named(/ForwardTo/u));
    await assert.rejects(admin.createQueue(queueName(), { autoDeleteOnIdle: 'PT5M' }), named(/AutoDeleteOnIdle/u));
    await assert.rejects(admin.createQueue(queueName(), { enablePartitioning: true }), named(/EnablePartitioning/u));
    await assert.rejects(admin.createQueue(queueName(), { status: 'Disabled' }), named(/Status/u));
    await assert.rejects(admin.createTopic('topic'), named(/TopicDescription/u));
    await assert.rejects(admin.createSubscription('topic', 'subscription'), named(/subscriptions/u));
    await assert.rejects(admin.listTopics().next(), named(/Topics/u));
  },
);

function pick(queue: QueueProperties, like: Partial<QueueProperties>): Partial<QueueProperties> {
  return Object.fromEntries(Object.entries(queue).filter(([name]) => name in like));
}

/** Asks again, as fast as the answers come, until one is as wanted; the test's own time-out ends it. */
async function until<Value>(ask: () => Promise<Value>, isWanted: (value: Value) => boolean): Promise<Value> {
  let value = await ask();
  while (!isWanted(value)) {
    value = await ask();
  }
  return value;
}
