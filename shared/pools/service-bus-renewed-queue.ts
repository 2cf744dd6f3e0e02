import { isServiceBusError } from '@azure/service-bus';
import { AppError } from '../errors.ts';
import type { JobQueue } from './job-queue.ts';

/** A queue on one client. */
export interface ClientQueue extends JobQueue {
  /** How many messages are in hand: received, and neither settled nor left. */
  readonly inHand: () => number;
  readonly close: () => Promise<void>;
}

/** What the client's own retries need at the longest for one operation, and a little, in ms. */
const usualLongestMs = 18_000;

/** A client that never worked is given so long before the next one takes its place; doubled while none works. In ms. */
const youngMs = 2000;
const mostYoungMs = 32_000;

const sweepMs = 5000;

/**
 * The job queue on a client that is replaced when its connection has broken.
 *
 * @azure/service-bus 7.9.5 (`disconnected` in its connection context) awaits the close of every link of a dead connection
 * before it connects anew, each up to the 60 s of rhea-promise's operation time-out; every operation on the client waits as
 * long, or never returns. A fresh client works at once.
 */
export function renewedJobQueue(
  open: () => ClientQueue,
  { longestMs = usualLongestMs, now = Date.now }: { readonly longestMs?: number; readonly now?: () => number } = {},
): JobQueue & { readonly close: () => Promise<void> } {
  const clients = new RenewedClients(open, now);
  const run: RenewedClients['run'] = async (call) => clients.run(call);
  const bounded = async <Result>(what: string, call: (queue: ClientQueue) => Promise<Result>): Promise<Result> =>
    run(async (queue) => within(longestMs, what, call(queue)));
  return {
    send: async (queue, messages) => bounded(`Sending to ${queue}`, async (on) => on.send(queue, messages)),
    // Bounded already: see `QueueReceivers`.
    receive: async (queue, most, waitMs) => run(async (on) => on.receive(queue, most, waitMs)),
    hasWork: async (queue, held) => bounded(`Peeking ${queue}`, async (on) => on.hasWork(queue, held)),
    backlog: async (queue, options) => bounded(`Peeking ${queue}`, async (on) => on.backlog(queue, options)),
    peekDeadLetters: async (queue, page) => bounded(`Peeking ${queue}`, async (on) => on.peekDeadLetters(queue, page)),
    readDeadLetter: async (queue, number) =>
      bounded(`Peeking ${queue}`, async (on) => on.readDeadLetter(queue, number)),
    // Of many messages it may take long.
    removeDeadLetters: async (queue, numbers) => run(async (on) => on.removeDeadLetters(queue, numbers)),
    close: async () => clients.close(),
  };
}

interface Used {
  readonly queue: ClientQueue;
  readonly openedAt: number;
  hasWorked: boolean;
}

/**
 * States of a client: current → retired → closed.
 * 1. An operation that fails for its connection, or does not return, retires the current client if it began on it.
 * 2. A retired client keeps what it has in hand, renews and settles it as well as it can, and is closed when that is over.
 */
class RenewedClients {
  readonly #open: () => ClientQueue;
  readonly #now: () => number;
  readonly #retired = new Set<ClientQueue>();
  #current: Used;
  #youngMs = youngMs;
  #sweep: NodeJS.Timeout | undefined;

  constructor(open: () => ClientQueue, now: () => number) {
    this.#open = open;
    this.#now = now;
    this.#current = this.#use();
  }

  async run<Result>(call: (queue: ClientQueue) => Promise<Result>): Promise<Result> {
    const used = this.#current;
    try {
      const result = await call(used.queue);
      used.hasWorked = true;
      return result;
    } catch (error) {
      if (isBroken(error)) {
        this.#retire(used);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.allSettled([this.#current.queue, ...this.#retired].map(async (queue) => queue.close()));
  }

  #use(): Used {
    return { queue: this.#open(), openedAt: this.#now(), hasWorked: false };
  }

  #retire(used: Used): void {
    if (used !== this.#current || (!used.hasWorked && this.#now() - used.openedAt < this.#youngMs)) {
      return;
    }
    this.#youngMs = used.hasWorked ? youngMs : Math.min(2 * this.#youngMs, mostYoungMs);
    this.#retired.add(used.queue);
    this.#current = this.#use();
    this.#sweep ??= setInterval(() => this.#closeIdle(), sweepMs).unref();
    this.#closeIdle();
  }

  #closeIdle(): void {
    for (const queue of [...this.#retired].filter((one) => one.inHand() === 0)) {
      this.#retired.delete(queue);
      // It may not return: nobody waits for it.
      void queue.close().catch(() => undefined);
    }
    if (this.#retired.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
  }
}

/** Not so when the service answered: that it is busy, or that it refuses. */
function isBroken(error: unknown): boolean {
  const isAway = error instanceof AppError && error.code === 'queue.unavailable';
  return isAway && !(isServiceBusError(error.cause) && error.cause.code === 'ServiceBusy');
}

/** @throws AppError `queue.unavailable` (retryable) when the call does not return in time */
async function within<Result>(ms: number, what: string, call: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const text = `${what} never returned. A pump tries again by itself; a call from outside is to be made again.`;
    late.reject(new AppError('queue.unavailable', text, { isRetryable: true }));
  }, ms);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
