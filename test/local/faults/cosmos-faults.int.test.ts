import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { ItemDefinition } from '@azure/cosmos';
import { z } from 'zod';
import { codeOf } from '../cosmos/open-cosmos.ts';
import { stackForTest } from './stack-for-test.ts';

const { admin, container, faults } = await stackForTest();
const jobs = container('jobs');
const increment = [{ op: 'incr', path: '/n', value: 1 } as const];
const counted = z.looseObject({ n: z.number() });

async function createItem(prefix = 'item'): Promise<string> {
  const id = `${prefix}-${randomUUID()}`;
  await jobs.items.create({ id, n: 0 });
  return id;
}

async function createItems(count: number): Promise<void> {
  for (let write = 0; write < count; write += 1) {
    await createItem();
  }
}

async function patch(id: string): Promise<unknown> {
  return jobs.item(id, id).patch<ItemDefinition>(increment);
}

/** What the SDK throws. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail('The call was expected to fail, and was answered.'),
    (error: unknown) => error,
  );
}

async function countOf(id: string): Promise<number> {
  const { resource } = await jobs.item(id, id).read<ItemDefinition>();
  return counted.parse(resource).n;
}

const throttled = z.looseObject({ code: z.number(), substatus: z.number(), retryAfterInMs: z.number() });

test('an injected 429 tells substatus 3200 and when to come back, and nothing is written', async () => {
  const id = await createItem();
  await admin('POST', 'cosmos/faults', { container: 'jobs', operations: ['patch'], status: 429, retryAfterMs: 70 });
  const { code, retryAfterInMs, substatus } = throttled.parse(await refusalOf(patch(id)));
  assert.deepEqual({ code, retryAfterInMs, substatus }, { code: 429, retryAfterInMs: 70, substatus: 3200 });
  assert.equal(await countOf(id), 0);
});

for (const status of [408, 410, 449, 500, 503]) {
  test(`an injected ${status} reaches the client, once when it counts to one`, async () => {
    const id = await createItem();
    await admin('POST', 'cosmos/faults', { operations: ['replace'], status, count: 1 });
    const replace = async () => jobs.item(id, id).replace({ id, n: 7 });
    assert.equal(codeOf(await refusalOf(replace())), status);
    assert.equal(await countOf(id), 0);
    await replace();
    assert.equal(await countOf(id), 7);
    const { faults: listed } = await faults('cosmos');
    assert.deepEqual(
      listed.slice(-1).map(({ isActive, taken }) => ({ isActive, taken })),
      [{ isActive: false, taken: 1 }],
    );
  });
}

test('a reset before the operation loses it, a reset after loses only its answer', async () => {
  for (const [reset, expected] of [
    ['before', 0],
    ['after', 1],
  ] as const) {
    const id = await createItem();
    await admin('POST', 'cosmos/faults', { operations: ['patch'], reset, count: 1 });
    assert.equal(codeOf(await refusalOf(patch(id))), 'ECONNRESET');
    assert.equal(await countOf(id), expected, reset);
  }
});

test('a fault meets only the container, the operations and the ids that it names', async () => {
  const [meant, other] = [await createItem('meant'), await createItem('other')];
  await admin('POST', 'cosmos/faults', { container: 'buckets', status: 503 });
  await admin('POST', 'cosmos/faults', { idPrefix: 'meant-', operations: ['patch', 'create', 'batch'], status: 503 });
  await patch(other);
  assert.equal(await countOf(meant), 0);
  assert.equal(codeOf(await refusalOf(patch(meant))), 503);
  assert.equal(codeOf(await refusalOf(createItem('meant'))), 503);
  const batch = async (id: string) => jobs.items.batch([{ operationType: 'Upsert', resourceBody: { id } }], id);
  const wrapped = z.looseObject({ cause: z.unknown() }).parse(await refusalOf(batch(`meant-${randomUUID()}`)));
  assert.equal(codeOf(wrapped.cause), 503);
  await batch(`other-${randomUUID()}`);
  await jobs.items.query('SELECT VALUE c.id FROM c').fetchNext();
});

test('a delayed operation is carried out even when its client has gone', { timeout: 30_000 }, async () => {
  const id = await createItem();
  await admin('POST', 'cosmos/faults', { operations: ['patch'], delayMs: 300, count: 1 });
  const leaving = new AbortController();
  const call = refusalOf(jobs.item(id, id).patch<ItemDefinition>(increment, { abortSignal: leaving.signal }));
  while ((await faults('cosmos')).faults.at(-1)?.taken === 0) {
    assert.ok(true, 'the request is on its way');
  }
  leaving.abort();
  await call;
  while ((await countOf(id)) === 0) {
    assert.ok(true, 'the write is still on its way');
  }
  assert.equal(await countOf(id), 1);
});

test('an answer that is late leaves the operation where it was', { timeout: 30_000 }, async () => {
  const id = await createItem();
  await admin('POST', 'cosmos/faults', { operations: ['patch'], answerDelayMs: 600_000, count: 1 });
  const leaving = new AbortController();
  const call = refusalOf(jobs.item(id, id).patch<ItemDefinition>(increment, { abortSignal: leaving.signal }));
  while ((await countOf(id)) === 0) {
    assert.ok(true, 'the request is on its way');
  }
  leaving.abort();
  await call;
  assert.equal(await countOf(id), 1);
});

test('a container beyond its request units answers 429 with the wait that is left, and lets in again after it', async () => {
  await admin('PUT', 'cosmos/throughput/jobs', { requestUnitsPerSecond: 20 });
  const { code, retryAfterInMs, substatus } = throttled.parse(await refusalOf(createItems(1000)));
  assert.deepEqual([code, substatus], [429, 3200]);
  assert.ok(retryAfterInMs > 0 && retryAfterInMs <= 2000, `${retryAfterInMs}`);
  await container('control').items.upsert({ id: 'free' });
  let waited = retryAfterInMs;
  while (waited > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, waited);
    });
    waited = await createItem().then(
      () => 0,
      (error: unknown) => throttled.parse(error).retryAfterInMs,
    );
  }
  await admin('PUT', 'cosmos/throughput/jobs', { requestUnitsPerSecond: null });
  await createItems(20);
});
