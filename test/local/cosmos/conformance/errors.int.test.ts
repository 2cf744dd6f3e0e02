import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContainer } from './endpoint.ts';
import { signedRequest } from './signed-request.ts';

interface Refusal {
  readonly code: unknown;
  readonly substatus: unknown;
  readonly body: { readonly code?: unknown; readonly message?: unknown };
}

async function refusalOf(operation: Promise<unknown>): Promise<Refusal> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(typeof error === 'object' && error !== null && 'code' in error && 'body' in error);
  const body = typeof error.body === 'object' && error.body !== null ? error.body : {};
  return { code: error.code, substatus: 'substatus' in error ? error.substatus : undefined, body };
}

test('a refusal has a code by name, and a message that ends with the activity', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  const { body, code } = await refusalOf(items.items.create({ id: 'a' }));

  assert.deepEqual([code, body.code], [409, 'Conflict']);
  assert.match(String(body.message), /ActivityId: [0-9a-f-]{36}/u);
});

test('a missing item is NotFound without a substatus', async (t) => {
  const items = await openContainer(t);

  const { body, code, substatus } = await refusalOf(items.item('a', 'a').replace({ id: 'a' }));

  assert.deepEqual([code, body.code, substatus ?? 0], [404, 'NotFound', 0]);
});

test('a condition that does not hold is PreconditionFailed', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a', n: 1 });
  const operations = [{ op: 'incr', path: '/n', value: 1 }] as const;

  const { body, code } = await refusalOf(
    items.item('a', 'a').patch({ operations: [...operations], condition: 'from c where c.n = 2' }),
  );

  assert.deepEqual([code, body.code], [412, 'PreconditionFailed']);
});

test('an item that is too large is RequestEntityTooLarge', async (t) => {
  const items = await openContainer(t);

  const { body, code } = await refusalOf(items.items.create({ id: 'a', text: 'x'.repeat(2 * 1024 * 1024) }));

  assert.deepEqual([code, body.code], [413, 'RequestEntityTooLarge']);
});

test('a body that is no JSON is BadRequest', async (t) => {
  const items = await openContainer(t);

  const { status, body } = await signedRequest({
    method: 'POST',
    path: `${items.url}/docs`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]' },
    rawBody: '{"id":',
  });

  assert.equal(status, 400);
  assert.ok(typeof body === 'object' && body !== null && 'code' in body);
  assert.equal(body.code, 'BadRequest');
});

test('an item without an id is BadRequest when none is made up for it', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({
    method: 'POST',
    path: `${items.url}/docs`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]' },
    rawBody: '{"n":1}',
  });

  assert.equal(status, 400);
});

test('a write without its partition key is BadRequest', async (t) => {
  const items = await openContainer(t);

  const { status } = await signedRequest({ method: 'POST', path: `${items.url}/docs`, rawBody: '{"id":"a"}' });

  assert.equal(status, 400);
});

test('the id of an item cannot be replaced', async (t) => {
  const items = await openContainer(t, { partitionKey: { paths: ['/tenant'] } });
  await items.items.create({ id: 'a', tenant: 'x' });

  const { code } = await refusalOf(items.item('a', 'x').replace({ id: 'b', tenant: 'x' }));

  assert.equal(code, 400);
});

test('a time to live of 0 is BadRequest', async (t) => {
  const items = await openContainer(t, { defaultTtl: -1 });

  const { code } = await refusalOf(items.items.create({ id: 'a', ttl: 0 }));

  assert.equal(code, 400);
});

test('a refusal is charged as well', async (t) => {
  const items = await openContainer(t);
  await items.items.create({ id: 'a' });

  const { headers, status } = await signedRequest({
    method: 'POST',
    path: `${items.url}/docs`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]' },
    rawBody: '{"id":"a"}',
  });

  assert.equal(status, 409);
  assert.ok(Number(headers.get('x-ms-request-charge')) > 0);
});
