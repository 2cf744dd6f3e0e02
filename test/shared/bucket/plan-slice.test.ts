import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BucketLimits, serviceSaysNothing } from '../../../shared/bucket/bucket-limits.ts';
import {
  type BucketState,
  hasLimits,
  openBucket,
  withCorrection,
  withLimits,
} from '../../../shared/bucket/bucket-state.ts';
import { planSlice, type SlicePlan } from '../../../shared/bucket/plan-slice.ts';
import { memoryBucketStore } from '../../fakes/memory-bucket-store.ts';

const limits: BucketLimits = { tokensPerMinute: 10_000, requestsPerMinute: 600, requestWindowSeconds: 10, share: 1 };

/** Several workers with caches of any age, each planning on what it knows; the store accepts or refuses. */
const step = fc.record({
  worker: fc.nat(3),
  costs: fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 8 }),
  afterMs: fc.nat(4000),
  isReplyLost: fc.boolean(),
  isFresh: fc.boolean(),
});

async function play(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
  const store = memoryBucketStore();
  const admitted: { readonly cell: number; readonly cost: number }[] = [];
  const states: BucketState[] = [openBucket('east', limits, 0)];
  await store.open(openBucket('east', limits, 0));
  const caches = new Map<number, BucketState>();
  let now = 0;
  for (const { worker, costs, afterMs, isReplyLost, isFresh } of steps) {
    now += afterMs;
    const cached = isFresh ? undefined : caches.get(worker);
    const known = cached ?? store.current('east') ?? openBucket('east', limits, 0);
    const plan = planSlice(known, costs, now);
    const outcome = await store.apply(plan);
    if (outcome.kind === 'applied') {
      admitted.push(...plan.cells.map((cell, index) => ({ cell, cost: costs[index] ?? 0 })));
      states.push(outcome.state);
    }
    if (outcome.kind === 'applied' && !isReplyLost) {
      caches.set(worker, outcome.state);
    }
  }
  return { admitted, states };
}

test('B1: any window of cells admits at most the limit of tokens and of requests, whatever the workers know', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { admitted, states } = await play(steps);
      const { tokens, requests } = openBucket('east', limits, 0);
      for (const { cell } of admitted) {
        const inWindow = (cells: number) => admitted.filter((one) => one.cell <= cell && one.cell > cell - cells);
        const spent = inWindow(tokens.windowCells).reduce((sum, one) => sum + one.cost, 0);
        assert.ok(spent <= tokens.limit, `${spent} tokens in the window that ends with cell ${cell}`);
        assert.ok(inWindow(requests.windowCells).length <= requests.limit);
      }
      assert.ok(states.length > 0);
    }),
    { numRuns: 300 },
  );
});

test('B1.1, B1.2: the head and the totals never fall, and a snap does not change once written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { states } = await play(steps);
      for (const [index, after] of states.entries()) {
        const before = states[index - 1] ?? after;
        assert.ok(after.head >= before.head);
        assert.ok(after.tokens.total >= before.tokens.total);
        for (const [age, snap] of after.tokens.snaps.entries()) {
          const ageBefore = age - (after.head - before.head);
          assert.equal(snap, ageBefore < 0 ? snap : (before.tokens.snaps[ageBefore] ?? snap));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('a slice that fits in the head cell leaves the head and the snaps alone', () => {
  const state = openBucket('east', limits, 1000);

  const plan = planSlice(state, [10, 20], 1000);

  assert.equal(plan.kind, 'incr');
  assert.deepEqual([plan.tokens.add, plan.requests.add], [30, 2]);
  assert.equal(plan.tokens.snaps, undefined);
});

test('no job starts before now, and a slice keeps its order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 50 }),
      fc.nat(1e6),
      (costs, now) => {
        const state = openBucket('east', limits, 0);
        const { cells } = planSlice(state, costs, now);
        assert.ok((cells[0] ?? 0) >= Math.floor(now / state.cellMs));
        assert.deepEqual(
          cells,
          cells.toSorted((a, b) => a - b),
        );
      },
    ),
  );
});

test('a lone job larger than a cell may take the cell, and one larger than the limit is refused', () => {
  const state = openBucket('east', limits, 0);

  assert.deepEqual(planSlice(state, [9000], 0).cells, [0]);
  assert.throws(() => planSlice(state, [10_001], 0), RangeError);
});

test('other limits take the next epoch, keep what was admitted, and refuse a plan made for the old ones', async () => {
  const store = memoryBucketStore();
  const state = openBucket('east', limits, 0);
  await store.open(state);
  const applied = await store.apply(planSlice(state, [500], 0));
  assert.equal(applied.kind, 'applied');
  const stale: SlicePlan = planSlice(applied.kind === 'applied' ? applied.state : state, [400], 0);
  const lower: BucketLimits = { ...limits, tokensPerMinute: 1000, requestWindowSeconds: 1, share: 1 };

  const current = store.current('east') ?? state;
  const changed = withLimits(current, lower, 200);
  const outcome = await store.changeLimits(current, changed);

  assert.equal(outcome.kind, 'applied');
  assert.ok(hasLimits(changed, lower));
  assert.equal((await store.apply(stale)).kind, 'conflict');
  assert.ok(planSlice(changed, [600], 200).cells.every((cell) => cell * changed.cellMs >= 60_000));
});

const change = fc.record({
  kind: fc.constant('change' as const),
  afterMs: fc.nat(20_000),
  tokensPerMinute: fc.option(fc.integer({ min: 2000, max: 9999 }), { nil: null }),
});
const slice = step.map((one) => ({ kind: 'slice' as const, ...one }));

test('B1.4, B1.5: whatever limits the service says in between, nothing is admitted over the one in force', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof({ weight: 4, arbitrary: slice }, change), { maxLength: 40 }), async (steps) => {
      const store = memoryBucketStore();
      const first = openBucket('east', limits, 0);
      await store.open(first);
      const caches = new Map<number, BucketState>();
      const admitted: { readonly cell: number; readonly cost: number }[] = [];
      let now = 0;
      for (const one of steps) {
        now += one.afterMs;
        const current = store.current('east') ?? first;
        if (one.kind === 'change') {
          const { tokensPerMinute } = one;
          const says = { ...serviceSaysNothing, tokensPerMinute, at: now, confirmedAt: now };
          assert.equal((await store.correct(current, withCorrection(current, { service: says }))).kind, 'applied');
          continue;
        }
        const known = (one.isFresh ? undefined : caches.get(one.worker)) ?? current;
        const costs = one.costs.filter((cost) => cost <= known.tokens.limit);
        const outcome = await store.apply(planSlice(known, costs.length === 0 ? [1] : costs, now));
        if (outcome.kind !== 'applied') {
          continue;
        }
        caches.set(one.worker, outcome.state);
        const { cells } = planSlice(known, costs.length === 0 ? [1] : costs, now);
        const { limit, windowCells } = outcome.state.tokens;
        for (const [index, cell] of cells.entries()) {
          admitted.push({ cell, cost: costs[index] ?? 1 });
        }
        for (const cell of cells) {
          const window = admitted.filter((other) => other.cell <= cell && other.cell > cell - windowCells);
          const spent = window.reduce((sum, other) => sum + other.cost, 0);
          assert.ok(spent <= limit, `${spent} tokens in a window under a limit of ${limit}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('B1: a longer request window counts what the old one no longer kept', async () => {
  const store = memoryBucketStore();
  const wide: BucketLimits = { ...limits, tokensPerMinute: 1e6, requestWindowSeconds: 60 };
  const narrow: BucketLimits = { ...wide, requestWindowSeconds: 10 };
  let state = openBucket('east', narrow, 0);
  await store.open(state);
  const admitted: number[] = [];
  const place = async (now: number): Promise<void> => {
    const plan = planSlice(state, [1], now);
    const outcome = await store.apply(plan);
    assert.ok(outcome.kind === 'applied');
    ({ state } = outcome);
    admitted.push(...plan.cells.map((cell) => cell * state.cellMs));
  };
  for (let now = 0; now < 60_000; now += 105) {
    await place(now);
  }
  state = withLimits(state, wide, 60_000);
  assert.equal((await store.changeLimits(store.current('east') ?? state, state)).kind, 'applied');
  for (let now = 60_000; now < 130_000; now += 105) {
    await place(now);
  }

  for (const at of admitted.filter((one) => one >= 60_000)) {
    const inWindow = admitted.filter((one) => one > at - 60_000 && one <= at).length;
    assert.ok(inWindow <= 600, `${inWindow} requests in the minute that ends at ${at}`);
  }
});
