import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { connect } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { openCertificate } from '../../../local/tls/open-certificate.ts';
import { serviceBusFixture, temporaryDatabase } from './service-bus-fixture.ts';

const run = promisify(execFile);

/** A client that knows of no emulator: it is told its authorities by Node's own setting when its process starts. */
const program = `
  import { ServiceBusAdministrationClient, ServiceBusClient } from ${JSON.stringify(import.meta.resolve('@azure/service-bus'))};
  const connectionString = process.argv[1];
  await new ServiceBusAdministrationClient(connectionString).createQueue('made');
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0 } });
  await client.createSender('made').sendMessages({ body: 'over TLS' });
  const [message] = await client.createReceiver('made').receiveMessages(1);
  console.log(message.body);
  await client.close();
`;

test('both clients of the SDK work unchanged in TLS, on the port where others speak plainly', async (t) => {
  const databasePath = temporaryDatabase(t);
  const certificate = openCertificate(dirname(databasePath));
  const bus = await startServiceBus({ port: 0, databasePath, queues: [], key: 'test-key', certificate });
  t.after(async () => bus.stop());
  const connectionString = bus.connectionString.replace(/;UseDevelopmentEmulator=true$/u, '');

  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program, '--', connectionString], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.certificateFile },
  });

  assert.equal(stdout.trim(), 'over TLS');
  assert.equal(bus.counts('made').locked, 1);
});

test('without a certificate, a client that speaks TLS is cut off and the others go on', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const socket = connect(bus.port, '127.0.0.1');
  socket.end(Buffer.from([0x16, 3, 1, 0, 1, 0]));
  socket.resume();

  await once(socket, 'close');
  await client.createSender('jobs').sendMessages({ body: 'a' });

  assert.equal(bus.counts('jobs').active, 1);
});
