import { ChangeFeedStartFrom, PartitionKeyDefinitionVersion, PartitionKeyKind } from '@azure/cosmos';
import type { ChangeFeedIteratorOptions, ChangeFeedPullModelIterator, Container } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContainer } from './endpoint.ts';

const byTenant = { partitionKey: { paths: ['/tenant'] } };

type Change = Readonly<Record<string, unknown>>;

interface Read {
  readonly changes: readonly Change[];
  readonly continuationToken: string;
}

/** Reads until the feed says that there is nothing new. */
async function drain(iterator: ChangeFeedPullModelIterator<Change>): Promise<Read> {
  const changes: Change[] = [];
  for (;;) {
    const { statusCode, result, continuationToken } = await iterator.readNext();
    if (statusCode === 304) {
      return { changes, continuationToken };
    }
    changes.push(...result);
  }
}

async function changesOf(items: Container, options: ChangeFeedIteratorOptions = {}): Promise<Read> {
  return drain(items.items.getChangeFeedIterator<Change>(options));
}

const ids = ({ changes }: Read): readonly unknown[] => changes.map((change) => change['id']);

const fromBeginning = { changeFeedStartFrom: ChangeFeedStartFrom.Beginning() };

test('the change feed from the beginning holds every item, in the order of the writes', async (t) => {
  const items = await openContainer(t, byTenant);
  for (const id of ['c', 'a', 'b']) {
    await items.items.create({ id, tenant: 'x' });
  }

  assert.deepEqual(ids(await changesOf(items, fromBeginning)), ['c', 'a', 'b']);
});

test('an item that was written several times is in the change feed once, at its latest', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x', n: 1 });
  await items.items.create({ id: 'b', tenant: 'x', n: 1 });
  await items.items.upsert({ id: 'a', tenant: 'x', n: 2 });
  await items.item('a', 'x').patch([{ op: 'incr', path: '/n', value: 1 }]);

  const read = await changesOf(items, fromBeginning);

  assert.deepEqual(
    read.changes.map(({ id, n }) => [id, n]),
    [
      ['b', 1],
      ['a', 3],
    ],
  );
});

test('a deleted item is not in the change feed of latest versions', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });
  await items.items.create({ id: 'b', tenant: 'x' });
  await items.item('a', 'x').delete();

  assert.deepEqual(ids(await changesOf(items, fromBeginning)), ['b']);
});

test('a change carries the system properties and its number', async (t) => {
  const items = await openContainer(t, byTenant);
  const { etag } = await items.items.create({ id: 'a', tenant: 'x' });

  const [change] = (await changesOf(items, fromBeginning)).changes;

  assert.equal(change?.['_etag'], etag);
  assert.equal(typeof change?.['_lsn'], 'number');
});

test('the change feed answers 304 and a continuation when there is nothing new', async (t) => {
  const items = await openContainer(t, byTenant);

  const page = await items.items.getChangeFeedIterator(fromBeginning).readNext();

  assert.deepEqual([page.statusCode, page.count], [304, 0]);
  assert.ok(page.continuationToken.length > 0);
});

test('the change feed from now holds what comes later alone', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'old', tenant: 'x' });
  const iterator = items.items.getChangeFeedIterator<Change>({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
  assert.deepEqual((await drain(iterator)).changes, []);

  await items.items.create({ id: 'new', tenant: 'x' });

  assert.deepEqual(ids(await drain(iterator)), ['new']);
});

test('the change feed starts from now when nothing else is said', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'old', tenant: 'x' });

  assert.deepEqual((await changesOf(items)).changes, []);
});

test('the change feed from a time holds what was written since', async (t) => {
  const items = await openContainer(t, byTenant);
  const { resource } = await items.items.create({ id: 'a', tenant: 'x' });
  const writtenMs = Number(resource?._ts) * 1000;
  const from = (ms: number) => ({ changeFeedStartFrom: ChangeFeedStartFrom.Time(new Date(ms)) });

  assert.deepEqual(ids(await changesOf(items, from(writtenMs - 60_000))), ['a']);
  assert.deepEqual(ids(await changesOf(items, from(writtenMs + 60_000))), []);
});

test('another iterator goes on from a continuation', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });
  const { continuationToken } = await changesOf(items, fromBeginning);
  await items.items.create({ id: 'b', tenant: 'y' });

  const changeFeedStartFrom = ChangeFeedStartFrom.Continuation(continuationToken);

  assert.deepEqual(ids(await changesOf(items, { changeFeedStartFrom })), ['b']);
});

test('pages of the change feed hold at most as many items as were asked for', async (t) => {
  const items = await openContainer(t, byTenant);
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    await items.items.create({ id, tenant: 'x' });
  }
  const iterator = items.items.getChangeFeedIterator<Change>({ ...fromBeginning, maxItemCount: 2 });

  const pages = [await iterator.readNext(), await iterator.readNext(), await iterator.readNext()];

  assert.deepEqual(
    pages.map(({ result }) => result.map(({ id }) => id)),
    [['a', 'b'], ['c', 'd'], ['e']],
  );
  assert.equal((await iterator.readNext()).statusCode, 304);
});

test('the change feed of a partition key holds its items alone', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });
  await items.items.create({ id: 'b', tenant: 'y' });
  await items.items.create({ id: 'c', tenant: 'x' });

  const read = await changesOf(items, { changeFeedStartFrom: ChangeFeedStartFrom.Beginning('x') });

  assert.deepEqual(ids(read), ['a', 'c']);
});

test('the change feed of a partition key goes on from a continuation', async (t) => {
  const items = await openContainer(t, byTenant);
  await items.items.create({ id: 'a', tenant: 'x' });
  const { continuationToken } = await changesOf(items, { changeFeedStartFrom: ChangeFeedStartFrom.Beginning('x') });
  await items.items.create({ id: 'b', tenant: 'y' });
  await items.items.create({ id: 'c', tenant: 'x' });

  const changeFeedStartFrom = ChangeFeedStartFrom.Continuation(continuationToken);

  assert.deepEqual(ids(await changesOf(items, { changeFeedStartFrom })), ['c']);
});

test('the change feed of a prefix of a hierarchical key holds what lies below', async (t) => {
  const items = await openContainer(t, {
    partitionKey: {
      paths: ['/tenant', '/user'],
      kind: PartitionKeyKind.MultiHash,
      version: PartitionKeyDefinitionVersion.V2,
    },
  });
  await items.items.create({ id: 'a', tenant: 'x', user: 'u' });
  await items.items.create({ id: 'b', tenant: 'y', user: 'u' });
  await items.items.create({ id: 'c', tenant: 'x', user: 'v' });

  const below = await changesOf(items, { changeFeedStartFrom: ChangeFeedStartFrom.Beginning(['x']) });
  const whole = await changesOf(items, { changeFeedStartFrom: ChangeFeedStartFrom.Beginning(['x', 'v']) });

  assert.deepEqual([ids(below), ids(whole)], [['a', 'c'], ['c']]);
});

test('the feed ranges of a container cover all of its changes', async (t) => {
  const items = await openContainer(t, byTenant);
  for (const tenant of ['x', 'y', 'z']) {
    await items.items.create({ id: 'a', tenant });
  }

  const reads = await Promise.all(
    (await items.getFeedRanges()).map(async (range) =>
      changesOf(items, { changeFeedStartFrom: ChangeFeedStartFrom.Beginning(range) }),
    ),
  );

  const tenants = reads.flatMap((read) => read.changes.map(({ tenant }) => tenant));
  assert.deepEqual(new Set(tenants), new Set(['x', 'y', 'z']));
  assert.equal(tenants.length, 3);
});

test('the writes of a batch are in the change feed, those of a failed one are not', async (t) => {
  const items = await openContainer(t, byTenant);
  const create = (id: string) => ({ operationType: 'Create', resourceBody: { id, tenant: 'x' } }) as const;

  await items.items.batch([create('a'), create('b')], 'x');
  await items.items.batch([create('c'), create('a')], 'x');

  assert.deepEqual(ids(await changesOf(items, fromBeginning)), ['a', 'b']);
});
