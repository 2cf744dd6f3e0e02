import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../../local/child-process.ts';

/**
 * One place for a process that ends and starts again many times.
 *
 * States: down ⇄ up → closed.
 * 1. What is done to it is done in turn: a start that takes long is over before the process is ended again.
 * 2. A process that ends without being told to is counted as a death, and started again, as whatever hosts it would.
 * 3. Starting fails at most `mostStarts` times in a row; then the run is over.
 */
export interface ProcessSlot<Running> {
  /** Undefined while it is down. */
  readonly running: () => Running | undefined;
  /** Nothing when it is up. */
  readonly start: (open?: () => Promise<Running>) => Promise<void>;
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** Ends it for good. */
  readonly close: () => Promise<void>;
  readonly starts: () => number;
  /** Deaths that nobody asked for, each with the last lines of its log. */
  readonly deaths: readonly string[];
}

const mostStarts = 3;
const startAgainMs = 500;

export function processSlot<Running extends { readonly child: Child }>(
  name: string,
  usual: () => Promise<Running>,
): ProcessSlot<Running> {
  const deaths: string[] = [];
  let [starts, isClosed] = [0, false];
  let running: Running | undefined;
  let last: Promise<void> = Promise.resolve();
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  const watch = async (watched: Running): Promise<void> => {
    const how = await watched.child.ended;
    if (running !== watched) {
      return;
    }
    running = undefined;
    deaths.push(`${name} ended by itself (${how}).\n${watched.child.lastLines().slice(-12).join('\n')}`);
    await start();
  };
  const start = async (open = usual): Promise<void> =>
    inTurn(async () => {
      if (isClosed || running !== undefined) {
        return;
      }
      running = await openRepeatedly(open, () => isClosed);
      starts += 1;
      // A start that fails later on shows as a slot that stays down; the first ones are waited for.
      void watch(running).catch(() => undefined);
    });
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> =>
    inTurn(async () => {
      const ending = running;
      running = undefined;
      await (signal === 'SIGKILL' ? ending?.child.kill() : ending?.child.stop());
    });
  return {
    running: () => running,
    start,
    end,
    close: async () => {
      isClosed = true;
      await end('SIGTERM');
    },
    starts: () => starts,
    deaths,
  };
}

async function openRepeatedly<Running>(open: () => Promise<Running>, isClosed: () => boolean): Promise<Running> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      if (tries === mostStarts || isClosed()) {
        throw error;
      }
      await delay(startAgainMs);
    }
  }
}
