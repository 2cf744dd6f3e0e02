import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, containerOf, openClient, openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

test('a signature with another key is refused with 401', async (t) => {
  const items = await openContainer(t);
  const other = await openClient(t, { key: Buffer.from('another key'.padEnd(64, '.')).toString('base64') });

  await assert.rejects(containerOf(other, items).item('a', 'a').read(), { code: 401 });
});

test('a request without a signature is refused with 401, in the form of an error', async (t) => {
  const items = await openContainer(t);

  const response = await fetch(new URL(`${items.url}/docs/a`, (await account()).endpoint));

  assert.equal(response.status, 401);
  const body: unknown = await response.json();
  assert.ok(typeof body === 'object' && body !== null && 'code' in body && 'message' in body);
  assert.equal(body.code, 'Unauthorized');
});

test('a signature of half an hour ago is refused with 403', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({ method: 'GET', path: items.url, dateMs: Date.now() - 1_800_000 });

  assert.equal(status, 403);
});

test('a signature of half an hour ahead is refused with 403', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({ method: 'GET', path: items.url, dateMs: Date.now() + 1_800_000 });

  assert.equal(status, 403);
});

test('a signature of five minutes ago is good', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({ method: 'GET', path: items.url, dateMs: Date.now() - 300_000 });

  assert.equal(status, 200);
});

test('a signature for another container is refused with 401', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({
    method: 'GET',
    path: items.url,
    signed: { type: 'colls', link: `dbs/${items.database.id}/colls/other` },
  });

  assert.equal(status, 401);
});

test('a container named by its resource id is signed with that id in lower case', async (t) => {
  const items = await openContainer(t);
  const { resource } = await items.read();
  const { resource: database } = await items.database.read();
  assert.ok(resource !== undefined && database !== undefined);

  const { status, body } = await signedRequest({
    method: 'GET',
    path: `dbs/${database._rid}/colls/${resource._rid}`,
    signed: { type: 'colls', link: resource._rid.toLowerCase() },
  });

  assert.equal(status, 200);
  assert.ok(typeof body === 'object' && body !== null && 'id' in body);
  assert.equal(body.id, items.id);
});

test('an item named by its resource id is signed with that id in lower case', async (t) => {
  const items = await openContainer(t);
  const { resource } = await items.items.create({ id: 'a' });
  const [, database, , container] = resource?._self.split('/') ?? [];

  const { status } = await signedRequest({
    method: 'GET',
    path: `dbs/${database}/colls/${container}/docs/${resource?._rid}`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]' },
    signed: { type: 'docs', link: String(resource?._rid).toLowerCase() },
  });

  assert.equal(status, 200);
});
