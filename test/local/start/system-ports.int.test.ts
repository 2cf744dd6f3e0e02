import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { checkPorts, type SystemPorts, systemPorts } from '../../../local/start/system-ports.ts';

const free: SystemPorts = systemPorts(() => 0);

async function takePort(t: { after: (end: () => void) => void }): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a port that is taken is told with the part that wants it, its flag and its variable', async (t) => {
  const port = await takePort(t);

  const checked = checkPorts({ ...free, stack: { ...free.stack, serviceBus: port } });

  await assert.rejects(checked, (error: Error) => {
    assert.match(error.message, new RegExp(`Port ${port} is taken, and Service Bus wants it`, 'u'));
    assert.match(error.message, /--service-bus-port PORT or SLUICE_SERVICE_BUS_PORT=PORT/u);
    return true;
  });
});

test('every port that is taken is told at once', async (t) => {
  const [app, eastus] = [await takePort(t), await takePort(t)];

  const checked = checkPorts({ app, stack: { ...free.stack, regions: { eastus, swedencentral: 0 } } });

  await assert.rejects(
    checked,
    new RegExp(`Port ${app} .*--port[^]*Port ${eastus} .*region eastus.*--eastus-port`, 'u'),
  );
});

test('one port for two parts is refused', async () => {
  const checked = checkPorts({ app: 45_671, stack: { ...free.stack, cosmos: 45_671 } });

  await assert.rejects(checked, /Port 45671 is given to the app and to Cosmos DB: use --cosmos-port/u);
});

test('ports of 0 never clash', async () => {
  await checkPorts(free);
});
