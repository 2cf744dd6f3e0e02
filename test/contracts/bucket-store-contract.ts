import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type BucketLimits, serviceSaysNothing } from '../../shared/bucket/bucket-limits.ts';
import { type BucketState, openBucket, withCorrection, withLimits } from '../../shared/bucket/bucket-state.ts';
import type { BucketStore } from '../../shared/bucket/bucket-store.ts';
import { planSlice, type SlicePlan } from '../../shared/bucket/plan-slice.ts';

const limits: BucketLimits = { tokensPerMinute: 10_000, requestsPerMinute: 600, requestWindowSeconds: 10, share: 1 };
const now = 1_800_000_000_000;
const empty = openBucket('east', limits, now);

/** What every bucket store does: the guarded writes of the bucket, whoever else writes. */
export function bucketStoreContract(name: string, open: (context: TestContext) => Promise<BucketStore>): void {
  const opened = async (context: TestContext): Promise<BucketStore> => {
    const store = await open(context);
    await store.open(empty);
    return store;
  };
  const stateOf = async (store: BucketStore): Promise<BucketState> => {
    const read = await store.read('east');
    assert.ok(read.kind === 'found');
    return read.state;
  };
  const refused = async (store: BucketStore, plan: SlicePlan): Promise<void> => {
    const before = await stateOf(store);
    assert.deepEqual(await store.apply(plan), { kind: 'conflict' });
    assert.deepEqual(await stateOf(store), before);
  };

  test(`${name}: does not find a bucket before it is opened`, async (context) => {
    assert.deepEqual(await (await open(context)).read('east'), { kind: 'missing' });
  });

  test(`${name}: opens a bucket once, and gives back the one that stands`, async (context) => {
    const store = await opened(context);
    await store.apply(planSlice(empty, [100], now));
    const standing = await stateOf(store);

    assert.deepEqual(await store.open(openBucket('east', limits, now + 60_000)), { kind: 'found', state: standing });
  });

  test(`${name}: adds a slice that fits in the head cell, and leaves the head and the snaps`, async (context) => {
    const store = await opened(context);

    const outcome = await store.apply(planSlice(empty, [30, 12], now));

    assert.ok(outcome.kind === 'applied');
    assert.deepEqual(outcome.state, {
      ...empty,
      tokens: { ...empty.tokens, total: 42 },
      requests: { ...empty.requests, total: 2 },
    });
    assert.deepEqual(await stateOf(store), outcome.state);
  });

  test(`${name}: moves the head and freezes the snaps of the cells before it`, async (context) => {
    const store = await opened(context);
    await store.apply(planSlice(empty, [100], now));
    const plan = planSlice(await stateOf(store), [50], now + 5 * empty.cellMs);

    const outcome = await store.apply(plan);

    assert.ok(outcome.kind === 'applied');
    assert.equal(outcome.state.head, empty.head + 5);
    assert.equal(outcome.state.tokens.total, 150);
    assert.deepEqual(outcome.state.tokens.snaps.slice(0, 6), [100, 100, 100, 100, 100, 0]);
    assert.deepEqual(await stateOf(store), outcome.state);
  });

  test(`${name}: takes two slices that were planned on the same state and both fit`, async (context) => {
    const store = await opened(context);
    const plan = planSlice(empty, [10], now);

    const outcomes = await Promise.all([store.apply(plan), store.apply(plan), store.apply(plan)]);

    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['applied', 'applied', 'applied'],
    );
    assert.equal((await stateOf(store)).tokens.total, 30);
  });

  test(`${name}: refuses a slice whose head has moved`, async (context) => {
    const store = await opened(context);
    await store.apply(planSlice(empty, [50], now + 1000));

    await refused(store, planSlice(empty, [50], now));
    await refused(store, planSlice(empty, [50], now + 2000));
  });

  test(`${name}: refuses a slice of another version of the limits`, async (context) => {
    const store = await opened(context);
    const changed = await store.changeLimits(empty, withLimits(empty, { ...limits, tokensPerMinute: 5000 }, now));
    assert.equal(changed.kind, 'applied');

    await refused(store, planSlice(empty, [50], now));
  });

  test(`${name}: refuses a slice when others have filled the cell meanwhile, tokens or requests`, async (context) => {
    const store = await opened(context);
    const plan = planSlice(empty, [100], now);
    await store.apply(
      planSlice(
        empty,
        Array.from({ length: 2 }, () => 60),
        now,
      ),
    );

    assert.ok((plan.tokens.atMostTotal ?? 0) < 120);
    await refused(store, plan);

    const lonely = await open(context);
    await lonely.open(empty);
    const many = planSlice(
      empty,
      Array.from({ length: empty.requests.cellCap }, () => 1),
      now,
    );
    await lonely.apply(many);
    assert.ok((plan.requests.atMostTotal ?? 0) < empty.requests.cellCap);
    await refused(lonely, { ...plan, tokens: { ...plan.tokens, atMostTotal: undefined } });
  });

  test(`${name}: refuses to move the head when the guard no longer holds`, async (context) => {
    const store = await opened(context);
    const plan = planSlice(empty, [9000, 900], now + 500);
    assert.equal(plan.kind, 'move');
    await store.apply(planSlice(empty, [5000], now));

    await refused(store, plan);
  });

  test(`${name}: refuses a slice of a bucket that is not there`, async (context) => {
    assert.deepEqual(await (await open(context)).apply(planSlice(empty, [50], now)), { kind: 'conflict' });
  });

  test(`${name}: changes the limits only of the state that was read`, async (context) => {
    const store = await opened(context);
    const lower = { ...limits, tokensPerMinute: 1000 };
    await store.apply(planSlice(empty, [50], now));
    const standing = await stateOf(store);

    assert.deepEqual(await store.changeLimits(empty, withLimits(empty, lower, now)), { kind: 'conflict' });
    const changed = await store.changeLimits(standing, withLimits(standing, lower, now));

    assert.deepEqual(changed, { kind: 'applied', state: withLimits(standing, lower, now) });
    assert.deepEqual(await stateOf(store), withLimits(standing, lower, now));
  });

  test(`${name}: puts a correction in force whatever was admitted meanwhile, unless another epoch has begun`, async (context) => {
    const store = await opened(context);
    const says = { ...serviceSaysNothing, tokensPerMinute: 4000, at: now, confirmedAt: now };
    const corrected = withCorrection(empty, { service: says, throttle: { untilMs: now + 5000, at: now, strikes: 1 } });
    await store.apply(planSlice(empty, [30], now));

    const outcome = await store.correct(empty, corrected);

    assert.ok(outcome.kind === 'applied');
    assert.deepEqual(outcome.state, {
      ...corrected,
      tokens: { ...corrected.tokens, total: 30 },
      requests: { ...corrected.requests, total: 1 },
    });
    assert.deepEqual(await stateOf(store), outcome.state);
    assert.deepEqual(await store.correct(empty, corrected), { kind: 'conflict' });
    await refused(store, planSlice(empty, [50], now));
  });
}
