import { CosmosClient } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCosmos } from '../../../local/cosmos/start-cosmos.ts';
import { key, openClient, openCosmos, read } from './open-cosmos.ts';

test('the account has one write region, which is where the endpoint says', async (t) => {
  const { client, cosmos } = await openCosmos(t);

  const { resource } = await client.getDatabaseAccount();

  assert.deepEqual(
    resource?.writableLocations.map((location) => location.databaseAccountEndpoint),
    [cosmos.endpoint],
  );
  assert.equal(resource?.enableMultipleWritableLocations, false);
});

test('the connection string opens the account', async (t) => {
  const { cosmos } = await openCosmos(t);
  const client = new CosmosClient(cosmos.connectionString);
  t.after(() => {
    client.dispose();
  });

  assert.equal((await client.database('app').read()).statusCode, 200);
});

test('the read-only key reads and queries, and is refused with 403 for anything else', async (t) => {
  const readOnlyKey = Buffer.from('a key for reading').toString('base64');
  const databases = [{ id: 'app', containers: [{ id: 'items', partitionKeyPath: '/id' }] }];
  const cosmos = await startCosmos({ port: 0, databasePath: ':memory:', key, readOnlyKey, databases });
  t.after(async () => {
    await cosmos.stop();
  });
  await openClient(t, cosmos).database('app').container('items').items.create({ id: 'a' });
  const items = openClient(t, cosmos, { key: readOnlyKey }).database('app').container('items');

  assert.equal((await read(items, 'a')).status, 200);
  assert.equal((await items.items.query('SELECT * FROM c ORDER BY c.id').fetchAll()).resources.length, 1);
  await assert.rejects(items.items.create({ id: 'b' }), { code: 403 });
  await assert.rejects(items.item('a', 'a').delete(), { code: 403 });
});

test('every answer says the time in whole seconds, that of a refusal too', async (t) => {
  const { items, cosmos } = await openCosmos(t);
  const earliestMs = Math.floor(Date.now() / 1000) * 1000;

  const created = await items.items.create({ id: 'a' });
  const refused = await items.items.create({ id: 'a' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const unsigned = await fetch(cosmos.endpoint);

  assert.ok(typeof refused === 'object' && refused !== null && 'headers' in refused);
  const { headers } = refused;
  assert.ok(typeof headers === 'object' && headers !== null && 'date' in headers);
  for (const date of [created.headers['date'], headers.date, unsigned.headers.get('date')]) {
    const dateMs = Date.parse(String(date));
    assert.ok(dateMs >= earliestMs && dateMs <= Date.now(), String(date));
  }
});

test('answers carry charge, activity, session token and lsn', async (t) => {
  const { items } = await openCosmos(t);

  const { headers } = await items.items.create({ id: 'a' });
  const later = await items.items.create({ id: 'b' });

  assert.match(String(headers['x-ms-activity-id']), /^[0-9a-f-]{36}$/u);
  assert.match(String(headers['x-ms-session-token']), /^0:-1#\d+$/u);
  assert.ok(Number(headers['x-ms-request-charge']) > 0);
  assert.equal(Number(later.headers['lsn']), Number(headers['lsn']) + 1);
});

test('a client with session consistency reads its own writes', async (t) => {
  const { cosmos } = await openCosmos(t);
  const items = openClient(t, cosmos, { consistencyLevel: 'Session' }).database('app').container('items');

  await items.items.create({ id: 'a', n: 1 });

  assert.equal((await read(items, 'a')).item?.['n'], 1);
});

test('a port that is taken makes the start fail', async (t) => {
  const { cosmos } = await openCosmos(t);

  await assert.rejects(startCosmos({ port: cosmos.port, databasePath: ':memory:', key: 'a2V5', databases: [] }), {
    code: 'EADDRINUSE',
  });
});
