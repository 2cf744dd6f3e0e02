import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasLimits } from '../../../shared/bucket/bucket-state.ts';
import type { ApplyOutcome, BucketStore } from '../../../shared/bucket/bucket-store.ts';
import type { Reserver } from '../../../shared/bucket/reserver.ts';
import { limits, reserve, setting } from './reserver-rig.ts';

test('jobs that ask at the same time share one exchange', async () => {
  const { clock, process } = setting();
  const reserver = process();
  await clock.run(reserve(reserver, 1));
  const before = reserver.exchanges().operations;

  await clock.run(Promise.all(Array.from({ length: 20 }, async () => reserve(reserver, 10))));

  assert.equal(reserver.exchanges().operations - before, 1);
});

test('a start is never in the past, and may be used until 100 ms after its cell', async () => {
  const { clock, process } = setting();
  const asked = clock.now();

  const reservation = await clock.run(reserve(process(), 100));

  assert.ok(reservation !== undefined);
  assert.equal(reservation.startMs % 200, 0);
  assert.ok(reservation.startMs + 200 > asked);
  assert.ok(clock.now() >= reservation.startMs && clock.now() <= reservation.latestMs);
  assert.equal(reservation.latestMs, reservation.startMs + 300);
});

test('a lost reply is never started on: its jobs are reserved again, and what was written counts (B1)', async () => {
  const { clock, store, process } = setting();
  let lost = 1;
  const apply: BucketStore['apply'] = async (plan) => {
    const outcome = await store.apply(plan);
    lost -= 1;
    return lost >= 0 ? { kind: 'unknown' } : outcome;
  };

  await clock.run(reserve(process({ apply }), 1000));

  assert.equal(store.current('east')?.tokens.total, 2000);
});

test('a conflict is planned again on what stands there by then', async () => {
  const { clock, store, process } = setting();
  const [one, other] = [process(), process()];
  await clock.run(Promise.all([reserve(one, 1), reserve(other, 1)]));
  await clock.run(reserve(one, 50_000));

  const asked = clock.now();
  // The other one knows nothing of the 50,000.
  const reservation = await clock.run(reserve(other, 20_000));

  assert.ok((reservation?.startMs ?? 0) - asked > 50_000);
  assert.equal(other.exchanges().conflicts, 1);
  assert.equal(store.current('east')?.tokens.total, 70_002);
});

test('back-off is carried: doubled by each conflict up to four seconds, halved by each success', async () => {
  const { clock, store, process } = setting();
  let conflicts = 0;
  const applied: number[] = [];
  const apply: BucketStore['apply'] = async (plan): Promise<ApplyOutcome> => {
    applied.push(clock.now());
    conflicts -= 1;
    return conflicts >= 0 ? { kind: 'conflict' } : store.apply(plan);
  };
  const reserver = process({ apply });
  await clock.run(reserve(reserver, 1));

  conflicts = 12;
  await clock.run(reserve(reserver, 1));
  const waits = applied.slice(1).map((at, index) => at - (applied[index] ?? 0));
  const [first = 0, last = 0] = [waits.at(2), waits.at(-1)];
  assert.ok(first < 500, `the first wait is ${first} ms`);
  assert.ok(last >= 2000 && last <= 6100, `the last wait is ${last} ms`);

  const times: number[] = [];
  for (let job = 0; job < 6; job += 1) {
    const asked = clock.now();
    await clock.run(reserve(reserver, 1));
    times.push(clock.now() - asked);
  }
  assert.ok((times[0] ?? 0) >= 1000, 'the next one still waits');
  assert.ok((times.at(-1) ?? 0) < 500, 'and the waits end');
});

test('a store that is away is waited for, and serves everybody when it is back', async () => {
  const { clock, store, process } = setting();
  let isAway = true;
  const whenBack = <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args) =>
      isAway ? ({ kind: 'unavailable', retryAfterMs: undefined } as const) : call(...args);
  };
  const reserver = process({ read: whenBack(store.read), open: whenBack(store.open), apply: whenBack(store.apply) });
  const waiting = Promise.all([reserve(reserver, 10), reserve(reserver, 20)]);
  await clock.advance(60_000);
  assert.equal(reserver.isHealthy('east'), false);

  isAway = false;
  const reservations = await clock.run(waiting);

  assert.ok(reservations.every((one) => one !== undefined && one.startMs + 200 > clock.now() - 5000));
  assert.ok(reserver.isHealthy('east'));
});

test('a bucket is healthy again when somebody only looks at it, with nobody waiting', async () => {
  const { clock, store, process } = setting();
  let isAway = true;
  const read: BucketStore['read'] = async (id) =>
    isAway ? { kind: 'unavailable', retryAfterMs: undefined } : store.read(id);
  const reserver = process({ read });
  const giveUp = new AbortController();
  const waiting = reserve(reserver, 10, giveUp.signal);
  await clock.advance(1000);
  giveUp.abort();
  assert.equal(await clock.run(waiting), undefined);
  await clock.advance(10_000);
  assert.equal(reserver.isHealthy('east'), false);

  isAway = false;
  await clock.run(reserver.refresh('east', 1000));

  assert.ok(reserver.isHealthy('east'));
});

test('whoever only looks does not ask more often than it may, even while the store is away', async () => {
  const { clock, process } = setting();
  let reads = 0;
  const read: BucketStore['read'] = async () => {
    reads += 1;
    return { kind: 'unavailable', retryAfterMs: undefined };
  };
  const reserver = process({ read });
  for (let times = 0; times < 100; times += 1) {
    await clock.run(reserver.refresh('east', 1000));
    await clock.advance(20);
  }

  assert.ok(reads <= 3, `${reads} reads in two seconds`);
});

test('a job whose signal aborts is let go at once, and the others go on', async () => {
  const { clock, store, process } = setting();
  const reserver = process();
  const giveUp = new AbortController();
  const [leaving, staying] = [reserve(reserver, 10, giveUp.signal), reserve(reserver, 20)];

  giveUp.abort();

  assert.equal(await clock.run(leaving), undefined);
  assert.ok((await clock.run(staying)) !== undefined);
  assert.equal(store.current('east')?.tokens.total, 20);
  assert.equal(await clock.run(reserve(reserver, 1, AbortSignal.abort())), undefined);
});

test('a job that no limit admits fails alone, not the slice it is in', async () => {
  const { clock, process } = setting();
  const reserver = process();
  const tooLarge = reserve(reserver, 60_001);
  const fitting = reserve(reserver, 10);

  await assert.rejects(clock.run(tooLarge), { code: 'bucket.too-small' });
  assert.ok((await clock.run(fitting)) !== undefined);
});

test('other limits are put in force with the first reservation, also when the bucket was looked at before', async () => {
  const { clock, store, process } = setting();
  const lower = { ...limits, tokensPerMinute: 6000 };
  await clock.run(reserve(process(), 100));
  const reserver = process({}, lower);
  await clock.run(reserver.refresh('east', 0));

  await clock.run(reserve(reserver, 100));

  const state = store.current('east');
  assert.ok(state !== undefined && hasLimits(state, lower));
});

test('an unhandled fault of the store reaches everybody who waits, and the next one asks anew', async () => {
  const { clock, store, process } = setting();
  let isBroken = true;
  const read: BucketStore['read'] = async (id) => {
    if (isBroken) {
      throw new TypeError('broken');
    }
    return store.read(id);
  };
  const reserver = process({ read });
  const both = Promise.allSettled([reserve(reserver, 1), reserve(reserver, 2)]);
  assert.deepEqual(
    (await clock.run(both)).map(({ status }) => status),
    ['rejected', 'rejected'],
  );

  isBroken = false;
  assert.ok((await clock.run(reserve(reserver, 1))) !== undefined);
});

test('the outlook counts what waits already, and the horizon is how far ahead the bucket is reserved', async () => {
  const { clock, process } = setting();
  const reserver = process();
  assert.equal(reserver.horizonMs('east'), 0);
  await clock.run(reserve(reserver, 1));
  void reserve(reserver, 60_000);
  const behind = reserver.outlook('east', 100).waitMs;
  assert.ok(behind >= 59_000, `${behind} ms behind a whole minute of tokens`);

  await clock.advance(1000);
  assert.ok(reserver.horizonMs('east') > 55_000);
  await clock.advance(120_000);
  assert.equal(reserver.horizonMs('east'), 0);
});

test('when saturated, one process takes less than a fifth of an exchange for each job', async () => {
  const { clock, process } = setting();
  const reserver = process();
  let started = 0;
  const until = clock.now() + 300_000;
  const workers = Array.from({ length: 60 }, async () => {
    while (clock.now() < until) {
      await reserve(reserver, 100);
      started += 1;
    }
  });
  await clock.run(Promise.all(workers));

  const { operations } = reserver.exchanges();
  assert.ok(started > 2500, `${started} started of 3,000 that the quota holds`);
  assert.ok(operations / started <= 0.2, `${operations} operations for ${started} jobs`);
});

test('64 processes that start at the same instant all come to their turn within a minute', async () => {
  const { clock, store, process } = setting();
  const reservers = Array.from({ length: 64 }, () => process());

  const reservations = await clock.run(Promise.all(reservers.map(async (reserver) => reserve(reserver, 10))), 60_000);

  assert.ok(reservations.every((one) => one !== undefined));
  assert.equal(store.current('east')?.tokens.total, 640);
});

test('B1: what starts in any minute is at most the limit, with any number of processes and lost replies', async () => {
  const job = fc.record({ process: fc.nat(3), cost: fc.integer({ min: 1, max: 9000 }), afterMs: fc.nat(2000) });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 60 }), fc.nat(5), async (jobs, loseEvery) => {
      const { clock, store, process } = setting();
      let applied = 0;
      const apply: BucketStore['apply'] = async (plan) => {
        await clock.sleep(3);
        const outcome = await store.apply(plan);
        applied += 1;
        return loseEvery > 1 && applied % loseEvery === 0 ? { kind: 'unknown' } : outcome;
      };
      const reservers = Array.from({ length: 4 }, () => process({ apply }));
      const starts: { readonly at: number; readonly cost: number }[] = [];
      const running: Promise<void>[] = [];
      const run = async (reserver: Reserver | undefined, cost: number): Promise<void> => {
        const reservation = reserver === undefined ? undefined : await reserve(reserver, cost);
        assert.ok(reservation !== undefined);
        starts.push({ at: Math.max(reservation.startMs, clock.now()), cost });
      };
      for (const { process: index, cost, afterMs } of jobs) {
        await clock.advance(afterMs);
        running.push(run(reservers[index], cost));
      }
      await clock.run(Promise.all(running));
      for (const { at } of starts) {
        const inMinute = starts.filter((one) => one.at > at - 60_000 && one.at <= at);
        const tokens = inMinute.reduce((sum, one) => sum + one.cost, 0);
        assert.ok(tokens <= limits.tokensPerMinute, `${tokens} tokens in the minute that ends at ${at}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('a bucket that somebody deleted is opened anew, and everything goes on', async () => {
  const { clock, store, process } = setting();
  const reserver = process();
  await clock.run(reserve(reserver, 40_000));

  store.forget('east');
  await clock.advance(5000);

  assert.ok((await clock.run(reserve(reserver, 50_000), 30_000)) !== undefined);
  assert.equal(store.current('east')?.tokens.total, 50_000);
});

test('a look that fails before a start does not keep the start from coming', async () => {
  const { clock, store, process } = setting();
  const reads = { areBroken: false };
  const read: BucketStore['read'] = async (id) => {
    if (reads.areBroken) {
      throw new TypeError('broken');
    }
    return store.read(id);
  };
  const reserver = process({ read });
  await clock.run(reserve(reserver, 60_000));
  const waiting = reserve(reserver, 100);
  await clock.advance(2000);
  reads.areBroken = true;

  assert.ok((await clock.run(waiting)) !== undefined);
});
