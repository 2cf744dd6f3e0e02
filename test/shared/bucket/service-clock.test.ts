import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceClock } from '../../../shared/bucket/service-clock.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';

/** A machine whose clock is `skewMs` behind the service's, and a service that takes 8 ms to answer. */
function machine(skewMs: number) {
  const time = fakeClock();
  const started = time.now();
  const clock = serviceClock({ wall: time, steadyMs: () => time.now() - started + 777 - sleptMs });
  let isAway = false;
  let probes = 0;
  /** What the steady clock missed while the machine was suspended. */
  let sleptMs = 0;
  clock.askBy(async () => {
    probes += 1;
    const sentMs = time.now() - started + 777 - sleptMs;
    await time.sleep(4);
    const dateMs = Math.floor((time.now() + skewMs) / 1000) * 1000;
    await time.sleep(4);
    if (!isAway) {
      clock.heard({ sentMs, receivedMs: time.now() - started + 777 - sleptMs, dateMs });
    }
    return !isAway;
  });
  const goAway = (): void => {
    isAway = true;
  };
  const sleepDeeply = (ms: number): void => {
    sleptMs += ms;
  };
  return { time, clock, goAway, sleepDeeply, probes: () => probes };
}

test('B2: the time is the service’s, to tens of milliseconds within two seconds of asking', async () => {
  const { time, clock } = machine(400);
  const began = time.now();

  await time.run(clock.measure(30));

  assert.ok(time.now() - began <= 2100, `${time.now() - began} ms`);
  assert.ok(clock.errorMs() <= 30);
  assert.ok(Math.abs(clock.now() - (time.now() + 400)) <= clock.errorMs());
  assert.equal(clock.standing().state, 'known');
});

test('B2: a machine whose clock is two seconds off is unfit, however well that is known', async () => {
  const { time, clock } = machine(2000);

  await time.run(clock.measure(30));

  assert.equal(clock.errorMs(), Number.POSITIVE_INFINITY);
  assert.equal(clock.standing().state, 'skewed');
  assert.ok(Math.abs((clock.standing().skewMs ?? 0) - 2000) <= 40);
});

test('a service that does not answer is not asked on and on, and what was known widens with time', async () => {
  const { time, clock, goAway, probes } = machine(0);
  await time.run(clock.measure(30));
  const before = clock.errorMs();
  const asked = probes();
  goAway();
  await time.advance(3_600_000);

  await time.run(clock.measure(30));

  assert.equal(probes(), asked + 1);
  assert.ok(clock.errorMs() > before + 500);
});

test('whoever asks while it is measured shares the measurement', async () => {
  const alone = machine(0);
  await alone.time.run(alone.clock.measure(30));
  const many = machine(0);

  await many.time.run(Promise.all(Array.from({ length: 20 }, async () => many.clock.measure(30))));

  assert.equal(many.probes(), alone.probes());
});

test('before the first answer the time is the machine’s, and it is not good enough for anything', () => {
  const { time, clock } = machine(0);
  assert.equal(clock.now(), time.now());
  assert.equal(clock.errorMs(), Number.POSITIVE_INFINITY);
  assert.equal(clock.standing().state, 'unknown');
});

test('a machine that was suspended knows the time again within two seconds of asking', async () => {
  const { time, clock, sleepDeeply } = machine(0);
  await time.run(clock.measure(30));
  sleepDeeply(10_000);
  assert.equal(clock.standing().state, 'skewed');
  const began = time.now();

  await time.run(clock.measure(30));

  assert.ok(clock.errorMs() <= 30, `${clock.errorMs()} ms`);
  assert.ok(time.now() - began <= 3000);
});
