import { CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startChild, type Child } from '../../../local/child-process.ts';
import { adminClientFor } from '../../../local/service-bus/admin-client.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = join(root, 'local/stack.ts');
const ready = z.object({ connections: z.record(z.string(), z.string()), ports: z.object({ cosmos: z.number() }) });

async function newFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'));
  context.after(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Running {
  readonly child: Child;
  readonly connection: (name: string) => string;
  readonly cosmosPort: number;
}

async function start(context: TestContext, folder: string, flags: readonly string[]): Promise<Running> {
  const args = [script, '--folder', folder, '--free-ports', '--json', ...flags];
  const child = await startChild({ name: 'The stack', args, cwd: root });
  context.after(async () => child.kill());
  const { connections, ports } = ready.parse(child.ready);
  return { child, connection: (name) => connections[name] ?? '', cosmosPort: ports.cosmos };
}

/** A start that should not come to pass. */
async function refusal(args: readonly string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], (error, _out, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
  });
}

test('what an application made and sent is there again with the next start, after a kill too', async (context) => {
  const folder = await newFolder(context);
  const first = await start(context, folder, ['--bare']);
  await adminClientFor(first.connection('SERVICE_BUS_CONNECTION_STRING')).createQueue('orders');
  const sending = new ServiceBusClient(first.connection('SERVICE_BUS_CONNECTION_STRING'));
  await sending.createSender('orders').sendMessages({ body: 'kept' });
  await sending.close();
  const before = new CosmosClient(first.connection('COSMOS_CONNECTION_STRING'));
  const { database } = await before.databases.create({ id: 'shop' });
  await (await database.containers.create({ id: 'orders', partitionKey: '/id' })).container.items.create({ id: '1' });
  before.dispose();
  await first.child.kill();

  const second = await start(context, folder, ['--bare']);

  const receiving = new ServiceBusClient(second.connection('SERVICE_BUS_CONNECTION_STRING'));
  const receiver = receiving.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
  assert.equal(message?.body, 'kept');
  await receiving.close();
  const after = new CosmosClient(second.connection('COSMOS_CONNECTION_STRING'));
  assert.equal((await after.database('shop').container('orders').item('1', '1').read()).statusCode, 200);
  const { resources } = await after.databases.readAll().fetchAll();
  assert.deepEqual(
    resources.map(({ id }) => id),
    ['shop'],
  );
  after.dispose();
  await second.child.stop();
  assert.equal(await second.child.ended, '0');
});

test('the admin endpoint knows what an application made', async (context) => {
  const stack = await start(context, await newFolder(context), ['--bare']);
  await adminClientFor(stack.connection('SERVICE_BUS_CONNECTION_STRING')).createQueue('Orders');
  const cosmos = new CosmosClient(stack.connection('COSMOS_CONNECTION_STRING'));
  const { database } = await cosmos.databases.create({ id: 'shop' });
  await database.containers.create({ id: 'orders', partitionKey: '/id' });
  cosmos.dispose();
  const admin = `${stack.connection('STACK_ADMIN_URL')}/admin`;

  const queues = z.record(z.string(), z.unknown()).parse(await (await fetch(`${admin}/service-bus/queues`)).json());
  assert.deepEqual(Object.keys(queues), ['Orders']);
  const fault = { method: 'POST', body: JSON.stringify({ container: 'orders', status: 429 }) };
  assert.equal((await fetch(`${admin}/cosmos/faults`, fault)).status, 200);
  const unknown = { method: 'POST', body: JSON.stringify({ container: 'jobs', status: 429 }) };
  assert.equal((await fetch(`${admin}/cosmos/faults`, unknown)).status, 404);
});

test('a port that is taken, and a folder that is, are told before anything starts', async (context) => {
  const folder = await newFolder(context);
  const stack = await start(context, folder, ['--bare']);
  const port = String(stack.cosmosPort);

  const taken = await refusal(['--folder', await newFolder(context), '--free-ports', '--cosmos-port', port]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, new RegExp(`Port ${port} is taken, and Cosmos DB wants it: use --cosmos-port PORT`, 'u'));
  const held = await refusal(['--folder', folder, '--free-ports']);
  assert.equal(held.code, 1);
  assert.match(held.stderr, /The stack cannot start: Another process runs from .* take --folder FOLDER/u);
  assert.equal((await refusal(['--fodler', folder])).code, 2);
});
