import { ChangeFeedStartFrom, CosmosClient } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { startCosmos } from '../../../local/cosmos/start-cosmos.ts';
import { key, openClient, read, temporaryFolder } from './open-cosmos.ts';

const databases = [{ id: 'app', containers: [{ id: 'items', partitionKeyPath: '/id', indexedPaths: ['/n'] }] }];

/** The service in a process of its own, to be killed. */
async function spawnCosmos(t: TestContext, databasePath: string) {
  const module = new URL('../../../local/cosmos/start-cosmos.ts', import.meta.url).href;
  const settings = JSON.stringify({ port: 0, databasePath, key, databases });
  const script = `import { startCosmos } from ${JSON.stringify(module)};
    console.log((await startCosmos(${settings})).endpoint);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  assert.ok(typeof value === 'string');
  return { child, endpoint: value };
}

test('a process that is killed among writes loses nothing that was acknowledged', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const { child, endpoint } = await spawnCosmos(t, databasePath);
  const client = new CosmosClient({ endpoint, key });
  t.after(() => {
    client.dispose();
  });
  const items = client.database('app').container('items');
  const acknowledged = new Map<string, number>();
  const exited = once(child, 'exit');
  let writes = 0;

  const write = async (writer: number): Promise<void> => {
    for (let n = 0; ; n += 1) {
      const id = `w${writer}-${n % 5}`;
      if (n < 5) {
        await items.items.create({ id, n });
      } else {
        await items.item(id, id).patch([{ op: 'set', path: '/n', value: n }]);
      }
      acknowledged.set(id, n);
      writes += 1;
      if (writes === 300) {
        child.kill('SIGKILL');
      }
    }
  };
  await Promise.allSettled(Array.from({ length: 8 }, async (_, writer) => write(writer)));
  await exited;

  const cosmos = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await cosmos.stop();
  });
  const restarted = openClient(t, cosmos).database('app').container('items');
  assert.ok(acknowledged.size > 0);
  for (const [id, n] of acknowledged) {
    const { item } = await read(restarted, id);
    const stored = Number(item?.['n']);
    assert.ok(stored === n || stored === n + 5, `${id}: acknowledged ${n}, found ${stored}`);
  }
});

test('a stopped service goes on where it was, with its items, etags and containers', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const first = await startCosmos({ port: 0, databasePath, key, databases });
  const created = await openClient(t, first).database('app').container('items').items.create({ id: 'a', n: 1 });
  await first.stop();

  const second = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await second.stop();
  });

  const items = openClient(t, second).database('app').container('items');
  const found = await read(items, 'a');
  assert.deepEqual([found.item?.['n'], found.etag], [1, created.etag]);
  const replaced = await items
    .item('a', 'a')
    .replace({ id: 'a' }, { accessCondition: { type: 'IfMatch', condition: created.etag } });
  assert.notEqual(replaced.etag, created.etag);
});

test('the change feed goes on behind a kill, from the continuation that a reader had', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const { child, endpoint } = await spawnCosmos(t, databasePath);
  const client = new CosmosClient({ endpoint, key });
  t.after(() => {
    client.dispose();
  });
  const items = client.database('app').container('items');
  await items.items.create({ id: 'a' });
  await items.items.create({ id: 'gone' });
  const page = await items.items
    .getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() })
    .readNext();
  await items.item('gone', 'gone').delete();
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;

  const cosmos = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await cosmos.stop();
  });
  const restarted = openClient(t, cosmos).database('app').container('items');
  await restarted.items.create({ id: 'b' });
  const changeFeedStartFrom = ChangeFeedStartFrom.Continuation(page.continuationToken);
  const { result } = await restarted.items
    .getChangeFeedIterator<{ readonly id: string }>({ changeFeedStartFrom })
    .readNext();

  assert.deepEqual(
    result.map(({ id }) => id),
    ['b'],
  );
});

test('session tokens and write numbers go on behind a restart', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const first = await startCosmos({ port: 0, databasePath, key, databases });
  const { headers } = await openClient(t, first).database('app').container('items').items.create({ id: 'a' });
  await first.stop();

  const second = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await second.stop();
  });
  const items = openClient(t, second).database('app').container('items');
  const found = await items.item('a', 'a').read({ sessionToken: String(headers['x-ms-session-token']) });

  assert.equal(found.statusCode, 200);
  assert.ok(Number(found.headers['lsn']) >= Number(headers['lsn']));
});

test('a file of an earlier version is taken over, with all of its items in the change feed', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const first = await startCosmos({ port: 0, databasePath, key, databases });
  const before = openClient(t, first).database('app').container('items');
  await before.items.create({ id: 'a', n: 1 });
  await before.items.create({ id: 'b', n: 2 });
  await first.stop();
  const sql = new DatabaseSync(databasePath);
  sql.exec('ALTER TABLE items_1 DROP COLUMN lsn; ALTER TABLE containers DROP COLUMN lsn_bound; DROP TABLE offers;');
  sql.close();

  const second = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await second.stop();
  });
  const items = openClient(t, second).database('app').container('items');
  await items.items.upsert({ id: 'a', n: 3 });
  const { result } = await items.items
    .getChangeFeedIterator<{ readonly id: string; readonly n: number }>({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
    })
    .readNext();

  assert.deepEqual(
    result.map(({ id, n }) => [id, n]),
    [
      ['b', 2],
      ['a', 3],
    ],
  );
});

test('a second process on the same file fails at once', async (t) => {
  const databasePath = join(temporaryFolder(t), 'cosmos.db');
  const first = await startCosmos({ port: 0, databasePath, key, databases });
  t.after(async () => {
    await first.stop();
  });

  await assert.rejects(startCosmos({ port: 0, databasePath, key, databases }), /locked/u);
});
