import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReserver } from '../../../shared/bucket/reserver.ts';
import { exactClock } from '../../fakes/fake-clock.ts';
import { limits, never, reserve, setting } from './reserver-rig.ts';

const silent = {
  limitTokens: undefined,
  remainingTokens: undefined,
  limitRequests: undefined,
  remainingRequests: undefined,
};

test('a 429 stops the starts of every process, those that are reserved already included', async () => {
  const { clock, process } = setting();
  const [one, other] = [process(), process()];
  await clock.run(Promise.all([reserve(one, 30_000), reserve(other, 30_000)]));
  const begun = clock.now();
  const waiting = one.awaitStart({ bucketId: 'east', cost: 10 }, never);
  await clock.advance(58_000);

  one.observe('east', {
    startedMs: clock.now(),
    rateLimit: silent,
    throttled: { scope: 'quota', retryAfterMs: 20_000 },
  });
  const turn = await clock.run(waiting);
  assert.equal(turn.kind, 'again');
  assert.ok(clock.now() - begun < 59_000, 'told long before its start');
  await clock.run(Promise.all([reserve(one, 10), reserve(other, 10)]));

  assert.ok(clock.now() - begun >= 78_000);
});

test('one storm is written once, however many processes it hits', async () => {
  const { clock, store, process } = setting();
  const all = Array.from({ length: 8 }, () => process());
  await clock.run(Promise.all(all.map(async (one) => reserve(one, 10))));
  const startedMs = clock.now();
  await clock.advance(100);

  for (const one of all) {
    one.observe('east', { startedMs, rateLimit: silent, throttled: { scope: 'quota', retryAfterMs: undefined } });
  }
  await clock.advance(4000);

  assert.equal(store.current('east')?.epoch, 2);
  assert.equal(store.current('east')?.throttle.strikes, 0);
});

test('a limit that the service lowers holds for every process, and larger jobs choose again until it is restored', async () => {
  const { clock, store, process } = setting();
  const [one, other] = [process(), process()];
  await clock.run(Promise.all([reserve(one, 10), reserve(other, 10)]));
  await clock.advance(70_000);
  one.observe('east', { startedMs: clock.now(), rateLimit: { ...silent, limitTokens: 6000 } });
  await clock.advance(1000);
  assert.equal(store.current('east')?.tokens.limit, 6000);

  const large = await clock.run(other.awaitStart({ bucketId: 'east', cost: 9000 }, never));
  assert.equal(large.kind, 'again');
  assert.equal(other.outlook('east', 9000).waitMs, Number.POSITIVE_INFINITY);

  other.observe('east', { startedMs: clock.now(), rateLimit: { ...silent, limitTokens: 60_000 } });
  assert.ok((await clock.run(reserve(other, 9000))) !== undefined);
});

test('a job of high priority takes the start of a normal one that waits, which is reserved anew', async () => {
  const { clock, process } = setting();
  const reserver = process();
  await clock.run(reserve(reserver, 60_000));
  const normal = reserver.awaitStart({ bucketId: 'east', cost: 50_000 }, never);
  const last = reserver.awaitStart({ bucketId: 'east', cost: 30_000 }, never);
  await clock.advance(2000);

  const high = reserver.awaitStart({ bucketId: 'east', cost: 40_000, priority: 'high' }, never);
  assert.equal((await clock.run(normal)).kind, 'again');
  const turn = await clock.run(high);

  assert.ok(turn.kind === 'start');
  assert.equal(turn.reservation.cost, 50_000);
  void last;
});

test('a start that would come after the deadline is not booked', async () => {
  const { clock, store, process } = setting();
  const reserver = process();
  await clock.run(reserve(reserver, 60_000));
  const notAfterMs = clock.now() + 10_000;

  const turn = await clock.run(reserver.awaitStart({ bucketId: 'east', cost: 100, notAfterMs }, never), 2000);

  assert.equal(turn.kind, 'too-late');
  assert.equal(store.current('east')?.tokens.total, 60_000);
});

test('B2: nothing is reserved while the clock is not known, and everything goes on when it is', async () => {
  const { clock, store } = setting();
  let errorMs = Number.POSITIVE_INFINITY;
  const unsure = { ...exactClock(clock), errorMs: () => errorMs };
  const reserver = createReserver({ clock: unsure, store, random: () => 0.5, limits: new Map([['east', limits]]) });
  const waiting = reserve(reserver, 10);
  await clock.advance(30_000);
  assert.equal(store.current('east'), undefined);
  assert.equal(reserver.isHealthy('east'), false);
  assert.equal(await clock.run(reserver.isReady()), false);

  errorMs = 20;

  assert.ok((await clock.run(waiting)) !== undefined);
  assert.ok(await clock.run(reserver.isReady()));
});
