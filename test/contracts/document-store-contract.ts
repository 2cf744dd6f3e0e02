import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DocumentStore } from '../../shared/stored.ts';

/** What every document store does. `make` gives a document of the store's kind; `mark` tells two of one id apart. */
export function documentStoreContract<Document extends { readonly id: string }>(
  name: string,
  kind: {
    readonly open: (context: TestContext) => Promise<DocumentStore<Document>>;
    readonly make: (id: string, mark: number) => Document;
  },
): void {
  const { open, make } = kind;

  test(`${name}: finds nothing before anything was stored`, async (context) => {
    assert.equal(await (await open(context)).read('none'), undefined);
  });

  test(`${name}: gives back what was created, at the version that creating told`, async (context) => {
    const store = await open(context);

    const created = await store.create(make('a:b-c_d.e', 1));

    assert.ok(created !== 'exists');
    assert.deepEqual(created.document, make('a:b-c_d.e', 1));
    assert.deepEqual(await store.read('a:b-c_d.e'), created);
  });

  test(`${name}: creates a document once, and leaves it alone the second time`, async (context) => {
    const store = await open(context);
    await store.create(make('a', 1));

    assert.equal(await store.create(make('a', 2)), 'exists');

    assert.deepEqual((await store.read('a'))?.document, make('a', 1));
  });

  test(`${name}: replaces at the version that was read, and gives it another one`, async (context) => {
    const store = await open(context);
    await store.create(make('a', 1));
    const first = await store.read('a');

    const replaced = await store.replace(make('a', 2), first?.version ?? '');

    assert.ok(replaced !== 'conflict');
    assert.notEqual(replaced.version, first?.version);
    assert.deepEqual(await store.read('a'), { document: make('a', 2), version: replaced.version });
  });

  test(`${name}: refuses to replace at an old version, and changes nothing`, async (context) => {
    const store = await open(context);
    const created = await store.create(make('a', 1));
    assert.ok(created !== 'exists');
    await store.replace(make('a', 2), created.version);

    assert.equal(await store.replace(make('a', 3), created.version), 'conflict');

    assert.deepEqual((await store.read('a'))?.document, make('a', 2));
  });

  test(`${name}: has a conflict over a document that is not there`, async (context) => {
    const store = await open(context);
    const created = await store.create(make('a', 1));
    assert.ok(created !== 'exists');

    assert.equal(await store.replace(make('b', 1), created.version), 'conflict');
    assert.equal(await store.read('b'), undefined);
  });

  test(`${name}: lets one of many writers at the same version win`, async (context) => {
    const store = await open(context);
    const created = await store.create(make('a', 0));
    assert.ok(created !== 'exists');
    const marks = [1, 2, 3, 4, 5, 6, 7, 8];

    const outcomes = await Promise.all(marks.map(async (mark) => store.replace(make('a', mark), created.version)));

    const winners = outcomes.filter((outcome) => outcome !== 'conflict');
    assert.equal(winners.length, 1);
    assert.deepEqual(await store.read('a'), winners[0]);
  });

  test(`${name}: lets one of many creators win`, async (context) => {
    const store = await open(context);

    const outcomes = await Promise.all([1, 2, 3, 4].map(async (mark) => store.create(make('a', mark))));

    const winners = outcomes.filter((outcome) => outcome !== 'exists');
    assert.equal(winners.length, 1);
    assert.deepEqual(await store.read('a'), winners[0]);
  });

  test(`${name}: keeps fields that it does not know`, async (context) => {
    const store = await open(context);
    const newer = { ...make('a', 1), newerField: { deep: [1, 'two'] } };

    await store.create(newer);

    assert.deepEqual((await store.read('a'))?.document, newer);
  });
}
