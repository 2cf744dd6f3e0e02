import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedStore } from '../../../bench/simulation/simulated-store.ts';
import { noStoreFaults, type StoreFaults } from '../../../bench/simulation/store-faults.ts';
import { VirtualTime } from '../../../bench/simulation/virtual-time.ts';
import { WorkerClock } from '../../../bench/simulation/worker-clock.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';
import { openBucket } from '../../../shared/bucket/bucket-state.ts';
import type { BucketStore } from '../../../shared/bucket/bucket-store.ts';
import { planSlice } from '../../../shared/bucket/plan-slice.ts';
import { bucketStoreContract } from '../../contracts/bucket-store-contract.ts';

const startMs = 1_800_000_000_000;
const limits = { tokensPerMinute: 10_000, requestsPerMinute: 600, requestWindowSeconds: 10, share: 1 };
const empty = openBucket('east', limits, startMs);

function rig(faults: StoreFaults = noStoreFaults) {
  const time = new VirtualTime(startMs);
  const store = new SimulatedStore({ time, random: seededRandom('store'), faults });
  const worker = new WorkerClock(time, 0, () => 0);
  return { time, store, bucket: driven(store.for(worker), time) };
}

/** Lets time pass for everybody who waits for an answer. */
function driven(store: BucketStore, time: VirtualTime): BucketStore {
  let last = Promise.resolve();
  const answered = async <Answer>(reply: Promise<Answer>): Promise<Answer> => {
    last = last.then(async () => time.run(time.nowMs + 5000));
    await last;
    return reply;
  };
  return {
    read: async (id) => answered(store.read(id)),
    open: async (state) => answered(store.open(state)),
    changeLimits: async (from, to) => answered(store.changeLimits(from, to)),
    correct: async (from, to) => answered(store.correct(from, to)),
    apply: async (plan) => answered(store.apply(plan)),
  };
}

bucketStoreContract('buckets of the simulation', async () => rig().bucket);

test('a write takes 6 ms in the median and 30 ms at the 99th percentile', async () => {
  const time = new VirtualTime(startMs);
  const store = new SimulatedStore({ time, random: seededRandom('latency'), faults: noStoreFaults });
  const worker = new WorkerClock(time, 0, () => 0);
  const took: number[] = [];
  for (let write = 0; write < 4000; write += 1) {
    time.at(startMs + write * 1000, () => {
      void store
        .for(worker)
        .apply(planSlice(empty, [1], startMs))
        .then(() => took.push(time.nowMs - startMs - write * 1000));
    });
  }
  await time.run(startMs + 5_000_000);

  const sorted = took.toSorted((a, b) => a - b);
  assert.ok(Math.abs((sorted[2000] ?? 0) - 6) < 0.3);
  assert.ok(Math.abs((sorted[3960] ?? 0) - 30) < 4);
});

test('writes of one instant follow each other at 2 ms', async () => {
  const time = new VirtualTime(startMs);
  const store = new SimulatedStore({ time, random: () => 0.5, faults: noStoreFaults });
  const worker = new WorkerClock(time, 0, () => 0);
  const answeredAt: number[] = [];
  for (let write = 0; write < 5; write += 1) {
    void store
      .for(worker)
      .apply(planSlice(empty, [1], startMs))
      .then(() => answeredAt.push(time.nowMs));
  }
  await time.run(startMs + 1000);

  const gaps = answeredAt.slice(1).map((at, index) => Math.round((at - (answeredAt[index] ?? 0)) * 100) / 100);
  assert.deepEqual(gaps, [2, 2, 2, 2]);
});

test('prices are those of the embedded Cosmos DB for the size of the document', async () => {
  const { bucket, store } = rig();
  await bucket.open(empty);
  const opened = store.spent.requestUnits;
  await bucket.read('east');
  const read = store.spent.requestUnits - opened;
  await bucket.apply(planSlice(empty, [10], startMs));
  const written = store.spent.requestUnits - opened - read;
  await bucket.apply(planSlice({ ...empty, head: empty.head - 1 }, [10], startMs));
  const refused = store.spent.requestUnits - opened - read - written;

  assert.ok(opened >= 4.95 && opened < 6);
  assert.ok(read >= 1 && read < 1.05);
  assert.ok(Math.abs(written - (2 * opened + 2 * 0.4)) < 0.2);
  assert.ok(Math.abs(refused - 1.24) < 0.06);
  assert.deepEqual([store.spent.operations, store.spent.conflicts], [4, 1]);
});

test('a lost reply says that nobody knows, after 2 s, and half of these writes were made', async () => {
  const { bucket, store } = rig({ ...noStoreFaults, lostReplies: 1 });
  while (store.current('east') === undefined) {
    assert.deepEqual(await bucket.open(empty), { kind: 'unavailable', retryAfterMs: undefined });
  }
  for (let write = 0; write < 200; write += 1) {
    const outcome = await bucket.apply(planSlice(store.current('east') ?? empty, [1], startMs));
    assert.deepEqual(outcome, { kind: 'unknown' });
  }
  const made = store.current('east')?.requests.total ?? 0;
  assert.ok(made > 60 && made < 140, `${made} of 200`);
});

test('while the account is away nothing is written, and afterwards it answers again', async () => {
  const { bucket, store, time } = rig({ ...noStoreFaults, away: { fromMs: 4000, forMs: 30_000 } });
  await bucket.open(empty);
  const kinds = new Set<string>();
  while (time.nowMs < startMs + 34_000) {
    kinds.add((await bucket.apply(planSlice(empty, [1], startMs))).kind);
  }
  assert.deepEqual([...kinds].toSorted(), ['unavailable', 'unknown']);
  assert.equal(store.current('east')?.requests.total, 0);
  assert.equal((await bucket.apply(planSlice(empty, [1], startMs))).kind, 'applied');
});
