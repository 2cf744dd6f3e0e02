import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ConnectionLimits } from '../../../local/service-bus/connection-limits.ts';
import { startServiceBus, type ServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { RawClient } from './raw-client.ts';
import { temporaryDatabase } from './service-bus-fixture.ts';

/** Nothing here takes as long as the limits that are not named. */
async function startLimited(t: TestContext, limits: Partial<ConnectionLimits>): Promise<ServiceBus> {
  const databasePath = temporaryDatabase(t);
  const bus = await startServiceBus({ port: 0, databasePath, queues: [{ name: 'jobs' }], key: 'test-key', limits });
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
