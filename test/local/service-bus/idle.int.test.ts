import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import type { ConnectionLimits } from '../../../local/service-bus/connections/connection-limits.ts';
import { startServiceBus, type ServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { RawClient } from './raw-client.ts';
import { bodies, receive, receiveOne, temporaryDatabase } from './service-bus-fixture.ts';

/** Calls back with each line that the service logs. */
type OnLine = (line: string) => void;

/** Nothing here takes as long as the limits that are not named. */
async function startLimited(
  t: TestContext,
  limits: Partial<ConnectionLimits>,
  log: OnLine = () => undefined,
): Promise<ServiceBus> {
  const databasePath = temporaryDatabase(t);
  const bus = await startServiceBus({
    port: 0,
    databasePath,
    queues: [{ name: 'jobs' }],
    key: 'test-key',
    limits,
    log,
  });
  t.after(async () => bus.stop());
  return bus;
}

test('who connects and says nothing is cut off', { timeout: 20_000 }, async (t) => {
  const { port } = await startLimited(t, { handshakeMs: 50 });
  const raw = new RawClient(t, port);

  await raw.closed();

  assert.ok(raw.isClosed);
});

test('who says that it speaks AMQP, and then nothing, is cut off', { timeout: 20_000 }, async (t) => {
  const { port } = await startLimited(t, { handshakeMs: 50 });
  const raw = new RawClient(t, port);
  raw.socket.write('AMQP');

  await raw.closed();

  assert.ok(raw.isClosed);
});

test(
  'a client that the service hears nothing from for twice its idle-time-out is closed',
  { timeout: 20_000 },
  async (t) => {
    const { port } = await startLimited(t, { idleTimeOutMs: 200 });
    const raw = await RawClient.open(t, port);

    const close = await raw.next('close');
    await raw.closed();

    assert.match(JSON.stringify(close.fields), /idle/);
  },
);

test(
  'a client that asks for it hears from the service before its idle-time-out is over',
  { timeout: 20_000 },
  async (t) => {
    const { port } = await startLimited(t, {});
    const raw = await RawClient.open(t, port, { idleTimeOutMs: 400 });

    const first = await raw.nextWhere(({ code }) => code === undefined);
    const second = await raw.nextWhere(({ code }) => code === undefined);

    assert.deepEqual([first.bytes, second.bytes], [8, 8]);
  },
);

test(
  'an idle link is detached with amqp:link:detach-forced, and the connection stays',
  { timeout: 20_000 },
  async (t) => {
    const { port } = await startLimited(t, { idleLinkMs: 150 });
    const raw = await RawClient.open(t, port);
    const handle = raw.attach('out', { role: 'sender', address: 'jobs' });

    const detach = await raw.nextWhere(({ code, fields }) => code === 0x16 && fields[0] === 2);

    assert.equal(handle, 2);
    assert.match(JSON.stringify(detach.fields), /amqp:link:detach-forced/);
    assert.match(JSON.stringify(detach.fields), /Idle timeout: 00:00:00/);
    assert.ok(!raw.isClosed);
  },
);

test('a connection without a link is closed with amqp:connection:forced', { timeout: 20_000 }, async (t) => {
  const { port } = await startLimited(t, { idleLinkMs: 100, idleConnectionMs: 100 });
  const raw = await RawClient.open(t, port);

  const close = await raw.next('close');
  await raw.closed();

  assert.match(JSON.stringify(close.fields), /amqp:connection:forced/);
});

test('an SDK whose links and connection were let go sends, receives and peeks on', { timeout: 30_000 }, async (t) => {
  const letGo = Promise.withResolvers<undefined>();
  const onLine = (line: string): void => {
    if (line.startsWith('let an idle connection go')) {
      letGo.resolve(undefined);
    }
  };
  const bus = await startLimited(t, { idleLinkMs: 200, idleConnectionMs: 200 }, onLine);
  // The SDK tries again what the end of the connection cuts off.
  const client = new ServiceBusClient(bus.connectionString, { retryOptions: { retryDelayInMs: 50 } });
  const [sender, receiver] = [client.createSender('jobs'), client.createReceiver('jobs')];
  await sender.sendMessages([{ body: 'first' }, { body: 'second' }]);
  await receiver.completeMessage(await receiveOne(receiver));

  await letGo.promise;
  await sender.sendMessages({ body: 'third' });
  const messages = await receive(receiver, 2);
  const peeked = await receiver.peekMessages(10);
  await client.close();

  assert.deepEqual(bodies(messages), ['second', 'third']);
  assert.deepEqual(bodies(peeked), ['second', 'third']);
});
