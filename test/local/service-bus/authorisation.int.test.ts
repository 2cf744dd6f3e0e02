import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import rhea from 'rhea';
import { serviceBusFixture } from './service-bus-fixture.ts';

test('a wrong key name is UnauthorizedAccess', async (t) => {
  const { bus, connect } = await serviceBusFixture(t);
  const client = connect(bus.connectionString.replace('RootManageSharedAccessKey', 'Another'));

  await assert.rejects(client.createSender('jobs').sendMessages({ body: 1 }), { code: 'UnauthorizedAccess' });
});

function signed(port: number, fields: { readonly path: string; readonly expiresAtMs: number }): string {
  const resource = encodeURIComponent(`sb://localhost:${port}/${fields.path}`);
  const expiry = String(Math.floor(fields.expiresAtMs / 1000));
  const signature = createHmac('sha256', 'test-key').update(`${resource}\n${expiry}`).digest('base64');
  const token = `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=RootManageSharedAccessKey`;
  return `Endpoint=sb://localhost:${port};SharedAccessSignature=${token};UseDevelopmentEmulator=true`;
}

test('a signature opens the queue that it was made for, and no other', async (t) => {
  const { bus, connect } = await serviceBusFixture(t, [{ name: 'jobs' }, { name: 'jobs-high' }]);
  const client = connect(signed(bus.port, { path: 'jobs', expiresAtMs: Date.now() + 60_000 }));

  await client.createSender('jobs').sendMessages({ body: 1 });
  const peeked = await client.createReceiver('jobs').peekMessages(1);

  assert.equal(peeked.length, 1);
  await assert.rejects(client.createSender('jobs-high').sendMessages({ body: 1 }), { code: 'UnauthorizedAccess' });
});

test('an expired signature is UnauthorizedAccess', async (t) => {
  const { bus, connect } = await serviceBusFixture(t);
  const client = connect(signed(bus.port, { path: '', expiresAtMs: Date.now() - 1000 }));

  await assert.rejects(client.createSender('jobs').sendMessages({ body: 1 }), /ExpiredToken/);
});

test('a link on a connection that put no token is refused', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: bus.port, username: 'anyone', reconnect: false });

  const receiver = connection.open_receiver('jobs');
  await once(receiver, 'receiver_error');
  const condition = conditionOf(receiver.error);
  connection.close();
  await once(connection, 'connection_close');

  assert.equal(condition, 'amqp:unauthorized-access');
});

function conditionOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'condition' in error ? error.condition : undefined;
}
