import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { Breaker } from '../../../shared/pools/breaker.ts';
import { cosmosBreakerStore, cosmosSwitchStore } from '../../../shared/pools/cosmos-control-stores.ts';
import { sharedDeploymentHealth } from '../../../shared/pools/shared-deployment-health.ts';
import { sharedPoolSwitches } from '../../../shared/pools/shared-pool-switches.ts';
import { documentStoreContract } from '../../contracts/document-store-contract.ts';
import { memoryTelemetry } from '../../fakes/memory-telemetry.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { outcomeOf } from '../../fakes/trip-deployment.ts';
import { openCosmos } from '../../local/cosmos/open-cosmos.ts';

documentStoreContract<Breaker>('breakers in Cosmos', {
  open: async (context) => cosmosBreakerStore((await openCosmos(context)).items),
  make: (id, openings) => ({
    id,
    v: 1,
    state: 'half-open',
    since: 1_800_000_000_000,
    until: 1_800_000_015_000,
    openings,
    why: { code: '401', message: 'Access denied.', remedy: 'Mend the key.' },
    probedIn: 'misconfigured',
    probe: { owner: 'owner', until: 1_800_000_045_000 },
  }),
});

test('switches in Cosmos are followed by another process', async (context) => {
  const { items } = await openCosmos(context);
  const open = () =>
    sharedPoolSwitches({
      store: cosmosSwitchStore(items),
      now: () => 1_800_000_000_000,
      telemetry: memoryTelemetry(() => 0),
      pools: ['mini', 'large'],
    });
  const [operator, pump] = [open(), open()];
  await pump.refresh();
  assert.deepEqual(pump.paused(), []);

  await Promise.all([operator.pause({ kind: 'pool', name: 'mini' }, 'why'), pump.pause({ kind: 'all' })]);
  await operator.resume({ kind: 'all' });
  await pump.refresh();

  assert.deepEqual(pump.paused(), [{ pool: 'mini', by: 'pool', at: 1_800_000_000_000, note: 'why' }]);
});

test('a breaker in Cosmos is tripped by one process, probed by another, and closed for both', async (context) => {
  const { items } = await openCosmos(context);
  const east = { region: 'east', deployment: 'gpt-4o.mini_2' };
  let now = 1_800_000_000_000;
  let ids = 0;
  const telemetry = memoryTelemetry(() => now);
  const open = () =>
    sharedDeploymentHealth({
      store: cosmosBreakerStore(items),
      now: () => now,
      random: () => 0,
      newId: () => {
        ids += 1;
        return `owner-${ids}`;
      },
      telemetry,
      logFault: (what, error) => assert.fail(`${what}: ${String(error)}`),
      deployments: [east],
      longestProbeMs: 120_000,
    });
  const [one, other] = [open(), open()];
  const report = (health: typeof one, verdict: CallVerdict): void =>
    health.report(east, { jobId: 'a', isFirst: true, startedMs: now, outcome: outcomeOf(verdict) });

  report(one, { kind: 'misconfigured', code: '401', message: 'Access denied.' });
  now += 15_000;
  await one.refresh();
  await other.refresh();
  const taken = await Promise.all([one.takeProbe(east, 'a'), other.takeProbe(east, 'a')]);
  assert.deepEqual(taken.toSorted(), [false, true]);
  report(taken[0] ? one : other, completedWith('Hello'));
  now += 5000;
  await one.refresh();
  await other.refresh();

  assert.deepEqual([one.standing(east), other.standing(east)], ['available', 'available']);
  const told = telemetry.records.map(({ fields }) => fields['sluice.breaker.state']);
  assert.deepEqual(told, ['misconfigured', 'half-open', 'closed']);
});
