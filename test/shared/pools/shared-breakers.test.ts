import fc from 'fast-check';
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
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { outcomeOf } from '../../fakes/trip-deployment.ts';

const east = { region: 'east', deployment: 'mini' };
const processes = 3;
const wrongKey: CallVerdict = { kind: 'misconfigured', code: '401', message: '' };
const away = new AppError('cosmos.unavailable', '', { isRetryable: true });

/** What the next calls of a store come to: they are made, their replies are lost, or nothing answers. */
type Weather = 'fine' | 'lossy' | 'away';

interface Rig {
  readonly clock: FakeClock;
  readonly healths: readonly DeploymentHealth[];
  readonly weather: Weather[];
}

function rig(): Rig {
  const clock = fakeClock();
  const store = memoryDocumentStore<Breaker>();
  const weather: Weather[] = Array.from({ length: processes }, () => 'fine');
  let ids = 0;
  const healths = weather.map((_, index) =>
    sharedDeploymentHealth({
      store: through(store, () => weather[index] ?? 'fine'),
      now: clock.now,
      random: () => 0.5,
      newId: () => {
        ids += 1;
        return `owner-${ids}`;
      },
      telemetry: memoryTelemetry(clock.now),
      logFault: () => undefined,
      deployments: [east],
      longestProbeMs: 120_000,
    }),
  );
  return { clock, healths, weather };
}

function through(store: BreakerStore, weather: () => Weather): BreakerStore {
  const pass = async <Reply>(call: () => Promise<Reply>, lost: Reply | undefined): Promise<Reply> => {
    if (weather() === 'away') {
      throw away;
    }
    const reply = await call();
    return weather() === 'lossy' && lost !== undefined ? lost : reply;
  };
  return {
    read: async (id) => pass(async () => store.read(id), undefined),
    create: async (document) => pass(async () => store.create(document), 'exists'),
    replace: async (document, version) => pass(async () => store.replace(document, version), 'conflict'),
  };
}

const step = fc.record({
  does: fc.constantFrom('fail', 'probe', 'answer', 'fail-probe', 'release', 'refresh', 'weather'),
  who: fc.nat(processes - 1),
  weather: fc.constantFrom<Weather>('fine', 'fine', 'lossy', 'away'),
  afterMs: fc.constantFrom(0, 0, 500, 5000, 31_000),
});

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Every process names its jobs after itself, so that a probe is its own. */
async function take({ clock, healths, weather }: Rig, { does, who, weather: next }: Step): Promise<void> {
  const health = healths[who];
  const report = (verdict: CallVerdict): void =>
    health?.report(east, { jobId: `job-${who}`, isFirst: false, startedMs: clock.now(), outcome: outcomeOf(verdict) });
  switch (does) {
    case 'fail':
      report(wrongKey);
      break;
    case 'probe':
      await Promise.all(healths.map(async (one, index) => one.takeProbe(east, `job-${index}`)));
      break;
    case 'answer':
    case 'fail-probe':
      if (health?.mayProbe(east, `job-${who}`) === true) {
        report(does === 'answer' ? completedWith('Hello') : wrongKey);
      }
      break;
    case 'release':
      health?.releaseProbe(east, `job-${who}`);
      break;
    case 'refresh':
      await health?.refresh();
      break;
    case 'weather':
      weather[who] = next;
      break;
  }
  await clock.settle();
}

async function heal({ clock, healths, weather }: Rig): Promise<void> {
  weather.fill('fine');
  for (let round = 0; round < 100 && healths.some((one) => one.standing(east) !== 'available'); round += 1) {
    await clock.advance(10_000);
    await Promise.all(healths.map(async (one) => one.refresh()));
    for (const [index, one] of healths.entries()) {
      if (one.standing(east) === 'probe-due') {
        await one.takeProbe(east, `job-${index}`);
      }
      if (one.mayProbe(east, `job-${index}`)) {
        const outcome = outcomeOf(completedWith('Hello'));
        one.report(east, { jobId: `job-${index}`, isFirst: false, startedMs: clock.now(), outcome });
      }
    }
    await clock.settle();
  }
}

test('K1, K3: with a store that loses replies one process at a time may probe; whatever happened, all come to call again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = rig();
      let wasAway = false;
      for (const one of steps) {
        await take(world, one);
        wasAway ||= world.weather.includes('away');
        const probing = world.healths.filter((health, index) => health.mayProbe(east, `job-${index}`)).length;
        assert.ok(probing <= 1 || wasAway, `${probing} probe at once`);
        await world.clock.advance(one.afterMs);
      }
      await heal(world);
      assert.deepEqual(
        world.healths.map((health) => health.standing(east)),
        Array.from({ length: processes }, () => 'available'),
      );
    }),
    { numRuns: 60 },
  );
});
