import { CosmosClient } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
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

test('a signature with another key is refused with 401', async (t) => {
  const { cosmos } = await openCosmos(t);
  const client = openClient(t, cosmos, { key: Buffer.from('another key').toString('base64') });

  await assert.rejects(client.database('app').container('items').item('a', 'a').read(), { code: 401 });
});

test('a request without a signature is refused with 401, in the form of an error', async (t) => {
  const { cosmos } = await openCosmos(t);

  const response = await fetch(`${cosmos.endpoint}dbs/app/colls/items/docs/a`);

  assert.equal(response.status, 401);
  const body: unknown = await response.json();
  assert.ok(typeof body === 'object' && body !== null && 'code' in body && 'message' in body);
  assert.equal(body.code, 'Unauthorized');
});

test('a signature of a time long past is refused with 403', async (t) => {
  const { cosmos } = await openCosmos(t);
  const date = new Date(Date.now() - 3_600_000).toUTCString();
  const text = `get\ndbs\ndbs/app\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);

  const response = await fetch(`${cosmos.endpoint}dbs/app`, { headers: { authorization, 'x-ms-date': date } });

  assert.equal(response.status, 403);
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
