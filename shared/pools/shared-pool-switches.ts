import { AppError } from '../errors.ts';
import type { Stored } from '../stored.ts';
import { eventNames, sluice } from '../telemetry/names.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import {
  liftSwitch,
  pauseOf,
  type PoolSwitches,
  setSwitch,
  type Switches,
  switchesId,
  type SwitchStore,
  type SwitchTarget,
} from './pool-switches.ts';

/** Rounds of reading and writing: each lost round means that somebody else wrote. */
const mostRounds = 8;

export interface SwitchDeps {
  readonly store: SwitchStore;
  /** Now, in epoch ms. */
  readonly now: () => number;
  readonly telemetry: Pick<Telemetry, 'record'>;
  /** Names of the configured pools. */
  readonly pools: readonly string[];
}

/** The pools' switches, as all processes share them. */
export function sharedPoolSwitches(deps: SwitchDeps): PoolSwitches {
  const controllers = new Map<string, AbortController>();
  let switches: Switches | undefined;
  const isPaused = (pool: string): boolean => pauseOf(switches, pool) !== undefined;
  const see = (seen: Switches | undefined): void => {
    switches = seen;
    for (const [pool, controller] of controllers) {
      if (isPaused(pool)) {
        controller.abort();
      } else if (controller.signal.aborted) {
        controllers.delete(pool);
      }
    }
  };
  return {
    isPaused,
    pausing: (pool) => {
      const controller = controllers.get(pool) ?? new AbortController();
      controllers.set(pool, controller);
      if (isPaused(pool)) {
        controller.abort();
      }
      return controller.signal;
    },
    paused: () => deps.pools.map((pool) => pauseOf(switches, pool)).filter((pause) => pause !== undefined),
    pause: async (target, note) => {
      const at = deps.now();
      return change(deps, see, { target, to: 'paused', decide: (now) => setSwitch(now, target, { at, note }) });
    },
    resume: async (target) => change(deps, see, { target, to: 'resumed', decide: (now) => liftSwitch(now, target) }),
    refresh: async () => see((await deps.store.read(switchesId))?.document),
  };
}

interface SwitchChange {
  readonly target: SwitchTarget;
  readonly to: 'paused' | 'resumed';
  readonly decide: (switches: Switches | undefined) => Switches | undefined;
}

async function change(
  deps: SwitchDeps,
  see: (seen: Switches | undefined) => void,
  { target, to, decide }: SwitchChange,
): Promise<boolean> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.store.read(switchesId);
    const next = decide(stored?.document);
    if (next === undefined) {
      see(stored?.document);
      // Nothing to do from the second round on: our own write, whose reply was lost, or the same one of somebody else.
      return round > 0;
    }
    if (await write(deps.store, stored, next)) {
      see(next);
      const pool = target.kind === 'all' ? undefined : target.name;
      deps.telemetry.record(eventNames.poolSwitch, { [sluice.pool]: pool, [sluice.switchState]: to });
      return true;
    }
  }
  const what = target.kind === 'all' ? 'all pools' : `pool ${target.name}`;
  const message = `Switching ${what} met another writer ${mostRounds} times. Try again.`;
  throw new AppError('switches.contended', message, { isRetryable: true });
}

async function write(store: SwitchStore, stored: Stored<Switches> | undefined, next: Switches): Promise<boolean> {
  const written = stored === undefined ? await store.create(next) : await store.replace(next, stored.version);
  return typeof written === 'object';
}
