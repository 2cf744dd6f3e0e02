import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import {
  liftSwitch,
  pauseOf,
  type PoolSwitches,
  setSwitch,
  type Switches,
  type SwitchStore,
} from '../../../shared/pools/pool-switches.ts';
import { sharedPoolSwitches } from '../../../shared/pools/shared-pool-switches.ts';
import { memoryDocumentStore } from '../../fakes/memory-document-store.ts';
import { memoryTelemetry } from '../../fakes/memory-telemetry.ts';

const all = { kind: 'all' } as const;
const mini = { kind: 'pool', name: 'mini' } as const;
const now = 1_800_000_000_000;

function rig(pools: readonly string[] = ['mini', 'large']) {
  const store = memoryDocumentStore<Switches>();
  const process = (through: SwitchStore = store): PoolSwitches =>
    sharedPoolSwitches({ store: through, now: () => now, telemetry: memoryTelemetry(() => now), pools });
  return { store, process };
}

test('P1: a pool is paused by its own switch or by the one for all, each lifted by its own resume', () => {
  const own = setSwitch(undefined, mini, { at: 1, note: 'mine' });
  const both = setSwitch(own, all, { at: 2, note: undefined });

  assert.deepEqual(pauseOf(own, 'mini'), { pool: 'mini', by: 'pool', at: 1, note: 'mine' });
  assert.equal(pauseOf(own, 'large'), undefined);
  assert.deepEqual(pauseOf(both, 'large'), { pool: 'large', by: 'all', at: 2, note: undefined });
  assert.partialDeepStrictEqual(pauseOf(both, 'mini'), { by: 'pool', at: 1 });
  const lifted = liftSwitch(both, all);
  assert.equal(pauseOf(lifted, 'large'), undefined);
  assert.partialDeepStrictEqual(pauseOf(lifted, 'mini'), { by: 'pool' });
  assert.equal(pauseOf(liftSwitch(lifted, mini), 'mini'), undefined);
});

test('a switch that is set already keeps its time, and one that is not set is not lifted', () => {
  const paused = setSwitch(undefined, mini, { at: 1, note: undefined });

  assert.equal(setSwitch(paused, mini, { at: 2, note: 'again' }), undefined);
  assert.equal(liftSwitch(paused, all), undefined);
  assert.equal(liftSwitch(undefined, mini), undefined);
});

test('a pool may have the name of a property that every object has', () => {
  const name = 'constructor';
  assert.equal(pauseOf(setSwitch(undefined, mini, { at: 1, note: undefined }), name), undefined);

  const paused = setSwitch(undefined, { kind: 'pool', name }, { at: 1, note: undefined });

  assert.partialDeepStrictEqual(pauseOf(paused, name), { by: 'pool' });
});

test('a pause is known to the process that made it at once, and to others when they look', async () => {
  const { process } = rig();
  const [operator, pump] = [process(), process()];

  assert.equal(await operator.pause(mini, 'why'), true);

  assert.ok(operator.isPaused('mini') && !operator.isPaused('large') && !pump.isPaused('mini'));
  await pump.refresh();
  assert.deepEqual(pump.paused(), [{ pool: 'mini', by: 'pool', at: now, note: 'why' }]);
  assert.equal(await pump.pause(mini), false);
  assert.equal(await pump.resume(mini), true);
  assert.equal(await pump.resume(mini), false);
});

test('all pools are paused by one switch, those too that are configured later', async () => {
  const { store, process } = rig();
  await process().pause(all);
  const later = sharedPoolSwitches({
    store,
    now: () => now,
    telemetry: memoryTelemetry(() => now),
    pools: ['mini', 'large', 'new'],
  });
  await later.refresh();

  assert.deepEqual(
    later.paused().map(({ pool, by }) => [pool, by]),
    [
      ['mini', 'all'],
      ['large', 'all'],
      ['new', 'all'],
    ],
  );
});

test('whoever waits is told of a pause, and of the next one by a new signal', async () => {
  const { process } = rig();
  const [operator, pump] = [process(), process()];
  const waiting = pump.pausing('mini');
  const other = pump.pausing('large');
  await operator.pause(mini);
  assert.equal(waiting.aborted, false);

  await pump.refresh();
  assert.deepEqual([waiting.aborted, other.aborted, pump.pausing('mini').aborted], [true, false, true]);
  await operator.resume(mini);
  await pump.refresh();

  const next = pump.pausing('mini');
  assert.equal(next.aborted, false);
  await operator.pause(all);
  await pump.refresh();
  assert.deepEqual([next.aborted, other.aborted], [true, true]);
});

test('two operators at once both have their way', async () => {
  const { process } = rig();
  const [one, other, pump] = [process(), process(), process()];

  await Promise.all([one.pause(mini), other.pause({ kind: 'pool', name: 'large' }), one.pause(all)]);

  await pump.refresh();
  assert.ok(pump.isPaused('mini') && pump.isPaused('large'));
  await one.resume(all);
  await pump.refresh();
  assert.deepEqual(
    pump.paused().map(({ by }) => by),
    ['pool', 'pool'],
  );
});

test('a write whose reply was lost counts as made', async () => {
  const { store, process } = rig();
  let isLost = true;
  const losing: SwitchStore = {
    ...store,
    create: async (document) => {
      const written = await store.create(document);
      const isTold = !isLost;
      isLost = false;
      return isTold ? written : 'exists';
    },
  };

  assert.equal(await process(losing).pause(all), true);
  assert.equal(store.written.length, 1);
});

test('what was read last holds while the store is away', async () => {
  const { store, process } = rig();
  await process().pause(mini);
  let isAway = false;
  const away = new AppError('cosmos.unavailable', '', { isRetryable: true });
  const pump = process({
    ...store,
    read: async (id) => {
      if (isAway) {
        throw away;
      }
      return store.read(id);
    },
  });
  await pump.refresh();
  isAway = true;

  await assert.rejects(pump.refresh(), away);
  assert.ok(pump.isPaused('mini'));
});

test('a store that never takes a write is told to the operator', async () => {
  const { store, process } = rig();
  const deaf = process({ ...store, create: async () => 'exists' });

  await assert.rejects(deaf.pause(all), { code: 'switches.contended', isRetryable: true });
});
