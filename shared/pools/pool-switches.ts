import { z } from 'zod';
import type { DocumentStore } from '../stored.ts';

/**
 * The switches of the pools: one document, read by every pump every two seconds.
 *
 * - P1 A pool is paused while its own switch or the one for all is set; each is lifted by its own resume.
 * - P2 While a pool is paused nothing of it is pulled and no call of it starts; calls under way end.
 */
const pauseSchema = z.object({
  /** Epoch ms. */
  at: z.number(),
  /** An operator's words: why. */
  note: z.string().optional(),
});

export const switchesSchema = z.looseObject({
  id: z.literal('switches'),
  v: z.literal(1),
  all: pauseSchema.optional(),
  /** By the pool's name. */
  pools: z.record(z.string(), pauseSchema),
});

export type Switches = z.infer<typeof switchesSchema>;

/** Where the switches are kept (port). */
export type SwitchStore = DocumentStore<Switches>;

/** What a switch stops: one pool, or every one that there is or will be. */
export type SwitchTarget = { readonly kind: 'pool'; readonly name: string } | { readonly kind: 'all' };

export interface PausedPool {
  readonly pool: string;
  /** By the switch for all, or by its own; its own when both are set. */
  readonly by: 'all' | 'pool';
  /** Epoch ms. */
  readonly at: number;
  readonly note: string | undefined;
}

/** Which pools are stopped by an operator (port). */
export interface PoolSwitches {
  /** By what was read last. */
  readonly isPaused: (pool: string) => boolean;
  /** Aborted once the pool is paused; after it is resumed there is another one. */
  readonly pausing: (pool: string) => AbortSignal;
  /** The configured pools that are paused, by what was read last. */
  readonly paused: () => readonly PausedPool[];
  /**
   * Pauses a pool, or all; false when it was paused already. Every pump obeys within five seconds.
   *
   * @throws AppError `cosmos.unavailable`, `switches.contended` (retryable)
   */
  readonly pause: (target: SwitchTarget, note?: string) => Promise<boolean>;
  /**
   * Lifts the switch of a pool, or the one for all; false when it was not set. A pool may stay paused by the other one.
   *
   * @throws AppError `cosmos.unavailable`, `switches.contended` (retryable)
   */
  readonly resume: (target: SwitchTarget) => Promise<boolean>;
  /**
   * Reads the switches again.
   *
   * @throws AppError `cosmos.unavailable` (retryable): what was read last holds
   */
  readonly refresh: () => Promise<void>;
}

export const switchesId = 'switches';

/** Sets a switch; `undefined` when it is set already. */
export function setSwitch(
  switches: Switches | undefined,
  target: SwitchTarget,
  pause: { readonly at: number; readonly note: string | undefined },
): Switches | undefined {
  const current = switches ?? { id: switchesId, v: 1, pools: {} };
  const entry = { at: pause.at, ...(pause.note === undefined ? {} : { note: pause.note }) };
  if (switchOf(current, target) !== undefined) {
    return undefined;
  }
  return target.kind === 'all'
    ? { ...current, all: entry }
    : { ...current, pools: { ...current.pools, [target.name]: entry } };
}

/** Lifts a switch; `undefined` when it is not set. */
export function liftSwitch(switches: Switches | undefined, target: SwitchTarget): Switches | undefined {
  if (switches === undefined || switchOf(switches, target) === undefined) {
    return undefined;
  }
  if (target.kind === 'all') {
    const { all: _all, ...rest } = switches;
    return rest;
  }
  const { [target.name]: _lifted, ...pools } = switches.pools;
  return { ...switches, pools };
}

/** How a pool is paused; `undefined` when it is not. */
export function pauseOf(switches: Switches | undefined, pool: string): PausedPool | undefined {
  const own = switches === undefined ? undefined : switchOf(switches, { kind: 'pool', name: pool });
  const pause = own ?? switches?.all;
  return pause === undefined
    ? undefined
    : { pool, by: own === undefined ? 'all' : 'pool', at: pause.at, note: pause.note };
}

function switchOf(
  switches: Switches,
  target: SwitchTarget,
): { readonly at: number; readonly note?: string | undefined } | undefined {
  if (target.kind === 'all') {
    return switches.all;
  }
  return Object.hasOwn(switches.pools, target.name) ? switches.pools[target.name] : undefined;
}
