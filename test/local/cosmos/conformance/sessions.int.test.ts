import { type ItemDefinition, ConsistencyLevel } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../open-cosmos.ts';
import { containerOf, openClient, openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

const tokenForm = /^\d+:-?\d+#\d+(?:#\d+=-?\d+)*$/u;

function numberOf(token: string): number {
  return Number(/#(?<lsn>\d+)/u.exec(token)?.groups?.['lsn']);
}

test('a write answers a session token of a range, a version and a number', async (t) => {
  const items = await openContainer(t);

  const { headers } = await items.items.create({ id: 'a' });

  assert.match(String(headers['x-ms-session-token']), tokenForm);
});

test('the number in the session token rises with each write to a partition', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/tenant'] } });

  const first = await items.items.create({ id: 'a', tenant: 'x' });
  const second = await items.item('a', 'x').delete();

  const [before, after] = [first, second].map(({ headers }) => numberOf(String(headers['x-ms-session-token'])));
  assert.ok(before !== undefined && after !== undefined && after > before);
});

test('a client reads what another wrote, by the session token of the write', async (t) => {
  const items = await openContainer(t);
  const other = containerOf(await openClient(t, { consistencyLevel: ConsistencyLevel.Session }), items);

  for (const n of [1, 2, 3]) {
    const { headers } = await items.items.upsert({ id: 'a', n });
    const sessionToken = String(headers['x-ms-session-token']);
    const { resource } = await other.item('a', 'a').read<ItemDefinition>({ sessionToken });
    assert.equal(resource?.['n'], n);
  }
});

test('a client with session consistency reads its own writes', async (t) => {
  const items = await openContainer(t);
  const own = containerOf(await openClient(t, { consistencyLevel: ConsistencyLevel.Session }), items);

  for (const n of [1, 2, 3]) {
    await own.items.upsert({ id: 'a', n });
    assert.equal((await read(own, 'a')).item?.['n'], n);
  }
});

test('a session token of a write that never was is refused with 404, substatus 1002', async (t) => {
  const items = await openContainer(t);
  const { headers } = await items.items.create({ id: 'a' });
  const token = String(headers['x-ms-session-token']);
  const later = token.replace(/#\d+/u, `#${numberOf(token) + 1_000_000_000}`);

  const answer = await signedRequest({
    method: 'GET',
    path: `${items.url}/docs/a`,
    headers: {
      'x-ms-documentdb-partitionkey': '["a"]',
      'x-ms-consistency-level': 'Session',
      'x-ms-session-token': later,
    },
  });

  assert.deepEqual([answer.status, answer.headers.get('x-ms-substatus')], [404, '1002']);
});

test('a text that is no session token is refused with 400', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  const { status } = await signedRequest({
    method: 'GET',
    path: `${items.url}/docs/a`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]', 'x-ms-session-token': 'nonsense' },
  });

  assert.equal(status, 400);
});
