import { AppError } from '../errors.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import { type HandUse, handRoom } from '../pools/hand-share.ts';
import { intakeQueue, type Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { PoolIntake } from './pool-intake.ts';
import type { PumpHand } from './pump-hand.ts';
import { runJob } from './run-job.ts';
import { hasIntake, isServed, isSorting } from './served-pools.ts';
import { sortMessage } from './sort-message.ts';

/** How long one pull waits for a first message, in ms. */
const receiveMs = 1000;

/** How long a pool that may not be pulled is left alone, in ms. */
const restMs = 20;

/** How long a pool that is paused, or without a deployment to call, is left alone, in ms. */
const unservedMs = 250;

/** How long a pump rests after a fault of Service Bus or Cosmos, in ms; doubled while it lasts. */
const faultMs = 250;
const longestFaultMs = 5000;

/** Faults in a row after which the pump ends and its ticket comes back later. */
const mostFaults = 8;

/** Most messages of the intake that are sorted at once. */
const sortedAtOnce = 50;

/** Most messages of the intake in hand: settling them must not take longer than their locks last. */
const mostOfIntake = 200;

interface Pull {
  readonly hand: PumpHand;
  readonly stopping: AbortSignal;
  /** The pump's `traceparent`. */
  readonly traceparent: string;
}

/** Pulls from every pool at once until the window is over, the process stops, or nothing came for a while. */
export async function pullPools(deps: PipelineDeps, pull: Pull): Promise<'idle' | 'window-over'> {
  const { clock, settings } = deps;
  const failed = new AbortController();
  const state = { activeAt: clock.now(), until: clock.now() + settings.pump.pullWindowMs, faults: 0 };
  const loop: Loop = {
    ...pull,
    isOver: () => failed.signal.aborted || isOver(deps, pull, state),
    onActive: () => {
      state.activeAt = clock.now();
      state.faults = 0;
    },
    onBusy: () => {
      state.activeAt = clock.now();
    },
    onFault: async (error) => {
      state.faults += 1;
      if (!(error instanceof AppError && error.isRetryable) || state.faults > mostFaults) {
        failed.abort();
        throw error;
      }
      await clock.sleep(Math.min(faultMs * 2 ** state.faults, longestFaultMs), pull.stopping);
      loop.onBusy();
    },
  };
  const ends = await Promise.allSettled([
    ...deps.pools.map(async (pool) => pullPool(deps, pool, loop)),
    ...(hasIntake(deps) ? [pullIntake(deps, loop)] : []),
  ]);
  for (const end of ends) {
    if (end.status === 'rejected') {
      throw end.reason;
    }
  }
  return clock.now() - state.activeAt >= settings.pump.idleMs ? 'idle' : 'window-over';
}

interface Loop extends Pull {
  readonly isOver: () => boolean;
  readonly onActive: () => void;
  /** Nobody looks at a queue meanwhile, so nobody may call it empty. */
  readonly onBusy: () => void;
  readonly onFault: (error: unknown) => Promise<void>;
}

function isOver(deps: PipelineDeps, pull: Pull, state: { readonly activeAt: number; readonly until: number }): boolean {
  const now = deps.clock.now();
  // On a machine whose clock went astray nobody pulls (B2): the lane goes on elsewhere.
  const isAstray = deps.reserver.clock().state === 'skewed';
  return pull.stopping.aborted || isAstray || now >= state.until || now - state.activeAt >= deps.settings.pump.idleMs;
}

async function pullPool(deps: PipelineDeps, pool: Pool, loop: Loop): Promise<void> {
  const intake = new PoolIntake(pool, deps);
  while (!loop.isOver()) {
    if (!isServed(deps, pool)) {
      await restUnserved(deps, pool, loop);
      continue;
    }
    const most = Math.min(intake.room(), handRoom(handUse(deps, loop.hand, pool.name)));
    try {
      if (most <= 0) {
        loop.onBusy();
        await intake.lookAgain();
        await deps.clock.sleep(restMs, loop.stopping);
        continue;
      }
      const received = await receiveHighFirst(deps, pool, most);
      // A receive may end after the process was told to stop, or the pool was paused.
      const isLate = loop.stopping.aborted || !isServed(deps, pool);
      for (const { queue, message } of received) {
        if (isLate) {
          giveBack(loop.hand, queue, message);
          continue;
        }
        loop.onActive();
        takeJob(deps, { pool, queue, message, loop, onStart: intake.begin() });
      }
    } catch (error) {
      await loop.onFault(error);
    }
  }
}

/**
 * Nothing is pulled, and a pump without anything else to do ends: the timer starts one when there is something to do. While
 * its jobs are in hand it stays, because they may end the trouble.
 */
async function restUnserved(deps: PipelineDeps, pool: Pool, loop: Loop): Promise<void> {
  if (!deps.switches.isPaused(pool.name) && (handUse(deps, loop.hand, pool.name).inHand.get(pool.name) ?? 0) > 0) {
    loop.onBusy();
  }
  await deps.clock.sleep(unservedMs, loop.stopping);
}

/** To its queue, without a claim. */
function giveBack(hand: PumpHand, queue: string, message: ReceivedMessage): void {
  hand.take(queue, message, async () => {
    await message.abandon();
    hand.giveBack();
  });
}

/** Jobs in hand by pool, so that one whose calls hang leaves the others their part. */
function handUse(deps: PipelineDeps, hand: PumpHand, pool: string): HandUse {
  const held = hand.held();
  const inHand = deps.pools.map(({ name, queue, highQueue }): [string, number] => [
    name,
    (held.get(queue)?.size ?? 0) + (held.get(highQueue)?.size ?? 0),
  ]);
  return { places: deps.settings.pump.maxJobsInHand, inHand: new Map(inHand), pool };
}

function takeJob(
  deps: PipelineDeps,
  taken: {
    readonly pool: Pool;
    readonly queue: string;
    readonly message: ReceivedMessage;
    readonly loop: Loop;
    readonly onStart: (costTokens: number | undefined) => void;
  },
): void {
  const { pool, queue, message, loop, onStart } = taken;
  loop.hand.take(queue, message, async () =>
    runSafely(deps, { message, hand: loop.hand }, async () => {
      try {
        const end = await runJob(deps, { pool, message, pump: loop.traceparent, stopping: loop.stopping, onStart });
        if (end.settlement === 'abandon') {
          loop.hand.giveBack();
        }
      } finally {
        onStart(undefined);
      }
    }),
  );
}

async function pullIntake(deps: PipelineDeps, loop: Loop): Promise<void> {
  const [anyPool] = deps.pools;
  if (anyPool === undefined) {
    return;
  }
  while (!loop.isOver()) {
    if (!isSorting(deps)) {
      await deps.clock.sleep(unservedMs, loop.stopping);
      continue;
    }
    const room = mostOfIntake - (loop.hand.held().get(intakeQueue)?.size ?? 0);
    if (room <= 0) {
      loop.onBusy();
      await deps.clock.sleep(restMs, loop.stopping);
      continue;
    }
    try {
      const messages = await deps.queue.receive(intakeQueue, Math.min(room, sortedAtOnce), receiveMs);
      for (const message of messages) {
        if (loop.stopping.aborted) {
          giveBack(loop.hand, intakeQueue, message);
          continue;
        }
        loop.onActive();
        const run = { anyPool, message, pump: loop.traceparent, stopping: loop.stopping, onStart: () => undefined };
        loop.hand.take(intakeQueue, message, async () =>
          runSafely(deps, { message, hand: loop.hand }, async () => sortMessage(deps, run)),
        );
      }
    } catch (error) {
      await loop.onFault(error);
    }
  }
}

async function receiveHighFirst(
  deps: PipelineDeps,
  pool: Pool,
  most: number,
): Promise<readonly { readonly queue: string; readonly message: ReceivedMessage }[]> {
  const high = await deps.queue.receive(pool.highQueue, most, 0);
  if (high.length > 0) {
    return high.map((message) => ({ queue: pool.highQueue, message }));
  }
  const normal = await deps.queue.receive(pool.queue, most, receiveMs);
  return normal.map((message) => ({ queue: pool.queue, message }));
}

/**
 * A job that throws is left as it is: its message is given back after a rest (an outage would otherwise be hammered),
 * and what was stored says how it goes on (J3). The span of the job has told the error.
 */
async function runSafely(
  deps: PipelineDeps,
  { message, hand }: { readonly message: ReceivedMessage; readonly hand: PumpHand },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.logFault(`job message ${message.sequenceNumber}`, error);
    await deps.clock.sleep(longestFaultMs, message.lockLost);
    await message.abandon();
    hand.giveBack();
  }
}
