import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { Breaker, BreakerStore } from '../../../shared/pools/breaker.ts';
import type { DeploymentHealth } from '../../../shared/pools/deployment-health.ts';
import { sharedDeploymentHealth } from '../../../shared/pools/shared-deployment-health.ts';
import { type FakeClock, fakeClock } from '../../fakes/fake-clock.ts';
import { memoryDocumentStore } from '../../fakes/memory-document-store.ts';
import { memoryTelemetry } from '../../fakes/memory-telemetry.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { outcomeOf } from '../../fakes/trip-deployment.ts';

const east = { region: 'east', deployment: 'mini' };
const west = { region: 'west', deployment: 'mini' };
const wrongKey: CallVerdict = { kind: 'misconfigured', code: '401', message: 'Access denied.' };
const outage: CallVerdict = { kind: 'failed', code: 'http_503', message: 'Away.' };
const away = new AppError('cosmos.unavailable', '', { isRetryable: true });

function rig() {
  const clock = fakeClock();
  const store = memoryDocumentStore<Breaker>();
  const telemetry = memoryTelemetry(clock.now);
  const faults: string[] = [];
  let ids = 0;
  const process = (through: (store: BreakerStore) => BreakerStore = (same) => same): DeploymentHealth =>
    sharedDeploymentHealth({
      store: through(store),
      now: clock.now,
      random: () => 0,
      newId: () => {
        ids += 1;
        return `owner-${ids}`;
      },
      telemetry,
      logFault: (what) => void faults.push(what),
      deployments: [east, west],
      longestProbeMs: 120_000,
    });
  return { clock, store, telemetry, faults, process };
}

function report(
  health: DeploymentHealth,
  clock: FakeClock,
  call: { readonly jobId?: string; readonly verdict: CallVerdict; readonly startedMs?: number },
): void {
  const { jobId = 'job', verdict, startedMs = clock.now() } = call;
  health.report(east, { jobId, isFirst: false, startedMs, outcome: outcomeOf(verdict) });
}

/** Opens the breaker, and lets its first opening pass. */
async function openUntilDue(health: DeploymentHealth, clock: FakeClock): Promise<void> {
  report(health, clock, { verdict: wrongKey });
  await clock.advance(15_000);
}

test('what was never called is available, and nothing is stored of it', async () => {
  const { clock, store, process } = rig();
  const health = process();
  await health.refresh();
  report(health, clock, { verdict: completedWith('Hello') });

  assert.equal(health.standing(east), 'available');
  assert.deepEqual([health.tripped(), store.written], [[], []]);
});

test('five jobs that fail open the breaker, of that deployment alone', async () => {
  const { clock, store, process } = rig();
  const health = process();
  for (const jobId of ['a', 'b', 'c', 'd', 'e']) {
    assert.equal(health.standing(east), 'available');
    report(health, clock, { jobId, verdict: outage });
  }

  assert.equal(health.standing(east), 'unavailable');
  assert.equal(health.standing(west), 'available');
  await clock.settle();
  assert.equal(store.written.length, 1);
  assert.partialDeepStrictEqual(health.tripped(), [
    { ...east, state: 'open', code: 'http_503', untilMs: clock.now() + 15_000 },
  ]);
});

test('a fault of the configuration opens it at once, and another process follows within seconds', async () => {
  const { clock, process } = rig();
  const [one, other] = [process(), process()];
  await other.refresh();
  report(one, clock, { verdict: wrongKey });
  await clock.advance(5000);

  await other.refresh();

  assert.partialDeepStrictEqual(other.tripped(), [
    { ...east, state: 'misconfigured', code: '401', message: 'Access denied.' },
  ]);
  assert.match(other.tripped()[0]?.remedy ?? '', /apiKey/u);
});

test('breakers that are closed are read every five seconds, open ones every two', async () => {
  const { clock, process } = rig();
  let reads = 0;
  const health = process((store) => ({
    ...store,
    read: async (id) => {
      reads += id.startsWith('breaker:east') ? 1 : 0;
      return store.read(id);
    },
  }));
  const readsWithin = async (ms: number): Promise<number> => {
    const before = reads;
    for (let at = 0; at < ms; at += 500) {
      await clock.advance(500);
      await health.refresh();
    }
    return reads - before;
  };

  assert.equal(await readsWithin(20_000), 4);
  report(health, clock, { verdict: wrongKey });
  assert.equal(await readsWithin(20_000), 10);
});

test('one job of all processes gets the probe, and its success closes the breaker for all', async () => {
  const { clock, process } = rig();
  const [one, other] = [process(), process()];
  await openUntilDue(one, clock);
  await other.refresh();
  assert.deepEqual([one.standing(east), other.standing(east)], ['probe-due', 'probe-due']);

  const taken = await Promise.all([
    one.takeProbe(east, 'a'),
    one.takeProbe(east, 'b'),
    other.takeProbe(east, 'c'),
    other.takeProbe(east, 'd'),
  ]);

  assert.equal(taken.filter(Boolean).length, 1);
  assert.deepEqual([one.standing(east), other.standing(east)], ['unavailable', 'unavailable']);
  const winner = ['a', 'b', 'c', 'd'][taken.indexOf(true)] ?? '';
  const prober = taken.indexOf(true) < 2 ? one : other;
  assert.ok(prober.mayProbe(east, winner));
  report(prober, clock, { jobId: winner, verdict: completedWith('Hello') });
  await clock.advance(2000);
  await Promise.all([one.refresh(), other.refresh()]);
  assert.deepEqual([one.standing(east), other.standing(east)], ['available', 'available']);
});

test('a probe that fails opens the breaker again, for twice as long', async () => {
  const { clock, store, process } = rig();
  const health = process();
  await openUntilDue(health, clock);
  assert.ok(await health.takeProbe(east, 'a'));

  report(health, clock, { jobId: 'a', verdict: outage });
  await clock.settle();

  assert.partialDeepStrictEqual(store.all(), [{ state: 'open', openings: 2, until: clock.now() + 30_000 }]);
});

test('a 429 of a probe closes the breaker: the deployment answers', async () => {
  const { clock, process } = rig();
  const health = process();
  await openUntilDue(health, clock);
  assert.ok(await health.takeProbe(east, 'a'));

  report(health, clock, { jobId: 'a', verdict: { kind: 'throttled', scope: 'quota', retryAfterMs: 1000 } });

  assert.equal(health.standing(east), 'available');
});

test('a probe whose call was aborted, or never made, is given back at once', async () => {
  const { clock, process } = rig();
  const health = process();
  await openUntilDue(health, clock);
  assert.ok(await health.takeProbe(east, 'a'));
  health.releaseProbe(east, 'b');
  assert.equal(health.standing(east), 'unavailable', 'b does not hold it');

  health.releaseProbe(east, 'a');
  assert.equal(health.standing(east), 'probe-due');
  assert.ok(await health.takeProbe(east, 'b'));
  report(health, clock, { jobId: 'b', verdict: { kind: 'aborted' } });

  assert.equal(health.standing(east), 'probe-due');
});

test('the lease of a long probe is renewed, but not for ever', async () => {
  const { clock, process } = rig();
  const [one, other] = [process(), process()];
  await openUntilDue(one, clock);
  assert.ok(await one.takeProbe(east, 'a'));
  const watch = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 2000) {
      await clock.advance(2000);
      await Promise.all([one.refresh(), other.refresh()]);
    }
  };

  await watch(100_000);
  assert.equal(other.standing(east), 'unavailable');
  assert.ok(one.mayProbe(east, 'a'));
  await watch(60_000);
  assert.equal(other.standing(east), 'probe-due');
  assert.equal(one.mayProbe(east, 'a'), false);
});

test('the lease of a process that died lapses', async () => {
  const { clock, process } = rig();
  const life = new ProcessLife();
  const [dead, other] = [process((store) => life.documents('breakers', store)), process()];
  await openUntilDue(dead, clock);
  assert.ok(await dead.takeProbe(east, 'a'));
  life.die();

  await clock.advance(29_999);
  await other.refresh();
  assert.equal(other.standing(east), 'unavailable');
  await clock.advance(1);
  assert.ok(await other.takeProbe(east, 'b'));
});

test('calls that began before the breaker closed say nothing of what came after', async () => {
  const { clock, process } = rig();
  const health = process();
  const startedMs = clock.now();
  await openUntilDue(health, clock);
  assert.ok(await health.takeProbe(east, 'a'));
  report(health, clock, { jobId: 'a', verdict: completedWith('Hello') });

  for (const jobId of ['b', 'c', 'd', 'e', 'f']) {
    report(health, clock, { jobId, verdict: outage, startedMs });
  }
  report(health, clock, { jobId: 'g', verdict: wrongKey, startedMs });

  assert.equal(health.standing(east), 'available');
});

test('what was counted before another process opened the breaker counts no more once it is closed', async () => {
  const { clock, process } = rig();
  const [one, other] = [process(), process()];
  for (const jobId of ['a', 'b', 'c', 'd']) {
    report(other, clock, { jobId, verdict: outage });
  }
  await openUntilDue(one, clock);
  await other.refresh();
  assert.ok(await one.takeProbe(east, 'a'));
  report(one, clock, { jobId: 'a', verdict: completedWith('Hello') });
  await clock.advance(2000);
  await other.refresh();
  assert.equal(other.standing(east), 'available');

  report(other, clock, { jobId: 'e', verdict: outage });

  assert.equal(other.standing(east), 'available');
});

test('while the store is away a process goes on with what it knows, and writes it when it can', async () => {
  const { clock, store, faults, process } = rig();
  let isAway = true;
  const life = new ProcessLife(() => (isAway ? away : 'go'));
  const health = process((inner) => life.documents('breakers', inner));
  report(health, clock, { verdict: wrongKey });
  assert.equal(health.standing(east), 'unavailable');
  await clock.advance(15_000);
  await health.refresh();
  assert.ok(await health.takeProbe(east, 'a'));
  assert.equal(await health.takeProbe(east, 'b'), false);
  report(health, clock, { jobId: 'a', verdict: outage });
  await clock.advance(5000);
  await health.refresh();
  assert.deepEqual([store.written, faults.length], [[], 1]);

  isAway = false;
  await clock.advance(5000);
  await health.refresh();

  assert.equal(store.written.length, 1);
  assert.partialDeepStrictEqual(store.all(), [{ state: 'open', openings: 2 }]);
});

test('what another process wrote meanwhile is kept: the own change is decided anew on it', async () => {
  const { clock, store, process } = rig();
  let isAway = true;
  const life = new ProcessLife(() => (isAway ? away : 'go'));
  const [cut, other] = [process((inner) => life.documents('breakers', inner)), process()];
  report(cut, clock, { verdict: outage });
  report(cut, clock, { verdict: wrongKey });
  report(other, clock, { verdict: { kind: 'misconfigured', code: 'DeploymentNotFound', message: '' } });
  await clock.settle();

  isAway = false;
  await clock.advance(5000);
  await cut.refresh();

  assert.equal(store.written.length, 1, 'one opening, with two witnesses (K4)');
  assert.partialDeepStrictEqual(cut.tripped(), [{ code: 'DeploymentNotFound' }]);
});

test('a write whose reply was lost is known for its own', async () => {
  const { clock, store, process } = rig();
  let isLost = false;
  const health = process((inner) => ({
    ...inner,
    replace: async (document, version) => {
      const written = await inner.replace(document, version);
      return isLost ? 'conflict' : written;
    },
  }));
  await openUntilDue(health, clock);
  isLost = true;

  assert.ok(await health.takeProbe(east, 'a'));

  assert.ok(health.mayProbe(east, 'a'));
  assert.equal(store.written.length, 2);
});

test('the retry budget is a deployment’s own, and grows with first calls', async () => {
  const { clock, process } = rig();
  const health = process();
  const taken = (): number => Array.from({ length: 50 }, () => health.mayRetry(east)).filter(Boolean).length;
  assert.equal(taken(), 10);
  assert.equal(health.mayRetry(west), true);

  for (let call = 0; call < 50; call += 1) {
    health.report(east, {
      jobId: 'job',
      isFirst: true,
      startedMs: clock.now(),
      outcome: outcomeOf(completedWith('Hello')),
    });
  }
  assert.ok(taken() >= 9);
});
