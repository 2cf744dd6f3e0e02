import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import type { ServiceBusClient } from '@azure/service-bus';
import { adminClientFor } from '../../../local/service-bus/admin-client.ts';
import type { QueueSettings } from '../../../local/service-bus/queues/queue-settings.ts';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { openClient, receive, receiveOne, sequenceOf, temporaryDatabase } from './service-bus-fixture.ts';

interface ChildService {
  readonly connectionString: string;
  readonly kill: () => Promise<void>;
}

interface ChildSettings {
  readonly databasePath: string;
  readonly queue: QueueSettings;
  readonly port?: number;
}

/** The service in a process of its own, to be killed. */
async function startChild(t: TestContext, { databasePath, queue, port = 0 }: ChildSettings): Promise<ChildService> {
  const program = `
    import { startServiceBus } from ${JSON.stringify(import.meta.resolve('../../../local/service-bus/start-service-bus.ts'))};
    const bus = await startServiceBus(${JSON.stringify({ port, databasePath, queues: [queue], key: 'test-key' })});
    console.log(bus.connectionString);
  `;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval'];
  const child = spawn(process.execPath, [...flags, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const lines = createInterface({ input: child.stdout });
  const connectionString = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
  });
  return { connectionString, kill };
}

async function withClient<Result>(
  connectionString: string,
  work: (client: ServiceBusClient) => Promise<Result>,
): Promise<Result> {
  const client = openClient(connectionString);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

test('killed while messages arrive, nothing acknowledged is lost and sequence numbers go on rising', async (t) => {
  const databasePath = temporaryDatabase(t);
  const queue = { name: 'jobs' };
  const first = await startChild(t, { databasePath, queue });
  const client = openClient(first.connectionString, 3000);
  const acknowledged = new Set<string>();
  const enough = Promise.withResolvers<undefined>();
  const send = async (lane: number): Promise<void> => {
    const sender = client.createSender('jobs');
    for (let index = 0; ; index += 1) {
      const messageId = `${lane}-${index}`;
      await sender.sendMessages({ body: 'x'.repeat(index % 5000), messageId });
      acknowledged.add(messageId);
      if (acknowledged.size === 300) {
        enough.resolve(undefined);
      }
    }
  };
  const lanes = Promise.allSettled([send(0), send(1), send(2), send(3)]);

  await enough.promise;
  await first.kill();
  await lanes;

  const bus = await startServiceBus({ port: 0, databasePath, queues: [queue], key: 'test-key' });
  t.after(() => bus.stop());
  await withClient(bus.connectionString, async (reader) => {
    const found = await receive(reader.createReceiver('jobs'), bus.counts('jobs').active);
    const ids = new Set(found.map(({ messageId }) => String(messageId)));
    const highest = Math.max(...found.map(sequenceOf));
    await reader.createSender('jobs').sendMessages({ body: 'after' });
    const after = await receiveOne(reader.createReceiver('jobs'));

    assert.deepEqual(
      [...acknowledged].filter((id) => !ids.has(id)),
      [],
    );
    assert.equal(ids.size, found.length);
    assert.ok(sequenceOf(after) > highest);
  });
});

test('killed while messages are locked, they stay locked, can be completed, and come back when the lock ends', async (t) => {
  const databasePath = temporaryDatabase(t);
  const queue = { name: 'jobs', lockDurationMs: 6000 };
  const first = await startChild(t, { databasePath, queue });
  const holder = openClient(first.connectionString, 3000);
  const receiver = holder.createReceiver('jobs', { maxAutoLockRenewalDurationInMs: 0 });
  await holder.createSender('jobs').sendMessages(['a', 'b', 'c', 'd'].map((body) => ({ body })));
  const [a, b, c] = await receive(receiver, 3);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  await receiver.completeMessage(a);
  const port = Number(/:(\d+);/.exec(first.connectionString)?.[1]);

  await first.kill();
  const second = await startChild(t, { databasePath, queue, port });

  await withClient(second.connectionString, async (other) => {
    assert.equal((await receiveOne(other.createReceiver('jobs'))).body, 'd');
    await other.createReceiver('jobs').completeMessage(b);
    const back = await receiveOne(other.createReceiver('jobs'));
    assert.equal(back.body, 'c');
    assert.equal(back.deliveryCount, 1);
    assert.ok((back.lockedUntilUtc?.getTime() ?? 0) - 6000 >= (c.lockedUntilUtc?.getTime() ?? Infinity));
  });
});

test('a restart keeps scheduled and dead-lettered messages, known ids, and queues that are not declared', async (t) => {
  const databasePath = temporaryDatabase(t);
  const queue = { name: 'jobs', duplicateDetectionWindowMs: 600_000 };
  const first = await startChild(t, { databasePath, queue });
  const client = openClient(first.connectionString, 3000);
  const sender = client.createSender('jobs');
  const due = Date.now() + 1500;
  await sender.sendMessages({ body: 'dead', messageId: 'dead' });
  const receiver = client.createReceiver('jobs');
  const options = { deadLetterReason: 'Reason', deadLetterErrorDescription: 'kept' };
  await receiver.deadLetterMessage(await receiveOne(receiver), options);
  await sender.scheduleMessages({ body: 'due', messageId: 'due' }, new Date(due));
  await first.kill();

  const without = await startServiceBus({ port: 0, databasePath, queues: [{ name: 'another' }], key: 'test-key' });
  await without.stop();
  const bus = await startServiceBus({ port: 0, databasePath, queues: [queue], key: 'test-key' });
  t.after(() => bus.stop());
  await withClient(bus.connectionString, async (again) => {
    await again.createSender('jobs').sendMessages([
      { body: 'twice', messageId: 'dead' },
      { body: 'twice', messageId: 'due' },
    ]);
    const [message] = await receive(again.createReceiver('jobs'), 1);
    const [dead] = await again.createReceiver('jobs', { subQueueType: 'deadLetter' }).peekMessages(10);

    assert.equal(message?.body, 'due');
    assert.ok((message?.enqueuedTimeUtc?.getTime() ?? 0) >= due);
    assert.equal(dead?.deadLetterReason, 'Reason');
    assert.deepEqual(bus.counts('jobs'), { active: 0, locked: 1, scheduled: 0, deferred: 0, deadLettered: 1 });
  });
});

test('queues that were made, changed or removed by the administration client are so after a kill', async (t) => {
  const databasePath = temporaryDatabase(t);
  const first = await startChild(t, { databasePath, queue: { name: 'declared', maxDeliveryCount: 5 } });
  const admin = adminClientFor(first.connectionString);
  const made = await admin.createQueue('Made', { lockDuration: 'PT7S', maxDeliveryCount: 2, userMetadata: 'kept' });
  await admin.updateQueue({ ...made, maxDeliveryCount: 3 });
  await admin.createQueue('removed');
  await admin.deleteQueue('removed');
  await admin.updateQueue({ ...(await admin.getQueue('declared')), maxDeliveryCount: 9 });
  const before = await admin.getQueueRuntimeProperties('made');

  await first.kill();
  const second = await startChild(t, { databasePath, queue: { name: 'declared', maxDeliveryCount: 5 } });
  const again = adminClientFor(second.connectionString);
  const kept = await again.getQueue('made');

  assert.deepEqual(kept, { ...made, maxDeliveryCount: 3 });
  assert.deepEqual(await again.getQueueRuntimeProperties('made'), before);
  assert.equal(await again.queueExists('removed'), false);
  assert.equal((await again.getQueue('declared')).maxDeliveryCount, 5);
  await withClient(second.connectionString, async (client) => {
    await client.createSender('made').sendMessages({ body: 'a' });
    const sentAtMs = Date.now();
    const { lockedUntilUtc } = await receiveOne(client.createReceiver('made'));
    assert.ok((lockedUntilUtc?.getTime() ?? 0) - sentAtMs < 20_000);
  });
});

test('a declared queue is gone when it is no longer declared, one that was made is not', async (t) => {
  const databasePath = temporaryDatabase(t);
  const settings = { port: 0, databasePath, key: 'test-key' };
  const first = await startServiceBus({ ...settings, queues: [{ name: 'both' }, { name: 'declared' }] });
  await adminClientFor(first.connectionString).createQueue('made');
  await first.stop();

  const second = await startServiceBus({ ...settings, queues: [{ name: 'both' }, { name: 'made' }] });
  await second.stop();
  const third = await startServiceBus({ ...settings, queues: [] });
  t.after(async () => third.stop());
  const names: string[] = [];
  for await (const { name } of adminClientFor(third.connectionString).listQueues()) {
    names.push(name);
  }

  assert.deepEqual(names, ['made']);
});

test('killed while a session is held, the session is free again with its state, and what was deferred stays so', async (t) => {
  const databasePath = temporaryDatabase(t);
  const queue = { name: 'jobs', requiresSession: true };
  const first = await startChild(t, { databasePath, queue });
  const client = openClient(first.connectionString, 3000);
  await client
    .createSender('jobs')
    .sendMessages(['deferred', 'held', 'ready'].map((body) => ({ body, sessionId: 'a' })));
  const holder = await client.acceptSession('jobs', 'a');
  const [deferred] = await receive(holder, 2);
  assert.ok(deferred !== undefined);
  await holder.deferMessage(deferred);
  await holder.setSessionState('step 2');
  await first.kill();

  const bus = await startServiceBus({ port: 0, databasePath, queues: [queue], key: 'test-key' });
  t.after(() => bus.stop());
  await withClient(bus.connectionString, async (again) => {
    const session = await again.acceptNextSession('jobs');
    const state: unknown = await session.getSessionState();
    const messages = await receive(session, 2);
    const [aside] = await session.receiveDeferredMessages(deferred.sequenceNumber ?? []);

    assert.equal(session.sessionId, 'a');
    assert.equal(state, 'step 2');
    assert.deepEqual(
      messages.map(({ body, deliveryCount }): unknown[] => [body, deliveryCount]),
      [
        ['held', 0],
        ['ready', 0],
      ],
    );
    assert.equal(aside?.body, 'deferred');
  });
});

test('what expired while the service was down is dead-lettered when it is back', async (t) => {
  const databasePath = temporaryDatabase(t);
  const queue = { name: 'jobs', deadLetterOnExpiration: true };
  const first = await startChild(t, { databasePath, queue });
  const client = openClient(first.connectionString, 3000);
  await client.createSender('jobs').sendMessages([{ body: 'late', timeToLive: 1 }, { body: 'stays' }]);
  await first.kill();

  const bus = await startServiceBus({ port: 0, databasePath, queues: [queue], key: 'test-key' });
  t.after(() => bus.stop());
  await withClient(bus.connectionString, async (again) => {
    const dead = await receiveOne(again.createReceiver('jobs', { subQueueType: 'deadLetter' }));

    assert.equal(dead.body, 'late');
    assert.equal(dead.deadLetterReason, 'TTLExpiredException');
    assert.equal(bus.counts('jobs').active, 1);
  });
});

test('a database that is in use is refused, and so is one of another version', async (t) => {
  const databasePath = temporaryDatabase(t);
  const settings = { port: 0, databasePath, queues: [{ name: 'jobs' }], key: 'test-key' };
  const bus = await startServiceBus(settings);

  await assert.rejects(startServiceBus(settings), /database is locked/);
  await bus.stop();
  const database = new DatabaseSync(databasePath);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(startServiceBus(settings), /has version 99; this program reads version 2/);
});

test('a port that is taken is refused, and the database is let go', async (t) => {
  const queues = [{ name: 'jobs' }];
  const bus = await startServiceBus({ port: 0, databasePath: temporaryDatabase(t), queues, key: 'test-key' });
  t.after(() => bus.stop());
  const databasePath = temporaryDatabase(t);

  await assert.rejects(startServiceBus({ port: bus.port, databasePath, queues, key: 'test-key' }), /EADDRINUSE/);
  const other = await startServiceBus({ port: 0, databasePath, queues, key: 'test-key' });

  assert.notEqual(other.port, bus.port);
  await other.stop();
});
