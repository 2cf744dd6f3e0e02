import { BinaryHeap } from '../../local/service-bus/queues/binary-heap.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** After so many events the real event loop gets a turn: an interruption or a message can come in. */
const eventsPerTurn = 20_000;

/**
 * Time that jumps from event to event. Events happen in the order of their times, those of one instant in the order in
 * which they were planned, and every promise that one event sets going has gone as far as it can before the next one:
 *
 * An event runs in a tick of its own. After it, one microtask asks for the next tick (`process.nextTick`). Node looks
 * at its ticks only when no microtask is left, however long a chain grew meanwhile; so nothing of the old event is
 * pending when the new one runs, and no turn of the event loop is needed (0.3 µs instead of several).
 */
export class VirtualTime {
  readonly #events = new BinaryHeap<Event>((left, right) =>
    left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs,
  );
  #nowMs: number;
  #planned = 0;
  #happened = 0;
  #fault: { readonly error: unknown } | undefined;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** True time, in epoch ms. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have happened. */
  get happened(): number {
    return this.#happened;
  }

  /** Plans an event; one that lies in the past happens now. */
  at(atMs: number, action: () => void): void {
    this.#planned += 1;
    this.#events.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#planned, action });
  }

  /** What no event can throw to anybody, a rejected promise above all, ends the run. */
  fail(error: unknown): void {
    this.#fault ??= { error };
  }

  /** Lets everything happen up to and including `untilMs`. Ends early when the signal is aborted. */
  async run(untilMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const next = (): void => process.nextTick(step);
    const step = (): void => {
      try {
        if (this.#fault !== undefined) {
          throw this.#fault.error;
        }
        if (signal?.aborted === true || !this.#happen(untilMs)) {
          resolve();
          return;
        }
      } catch (error) {
        reject(error instanceof Error ? error : new Error('An event threw.', { cause: error }));
        return;
      }
      if (this.#happened % eventsPerTurn === 0) {
        setImmediate(step);
      } else {
        queueMicrotask(next);
      }
    };
    next();
    await promise;
    signal?.throwIfAborted();
    this.#nowMs = untilMs;
  }

  #happen(untilMs: number): boolean {
    const event = this.#events.peek();
    if (event === undefined || event.atMs > untilMs) {
      return false;
    }
    this.#events.take();
    this.#happened += 1;
    this.#nowMs = event.atMs;
    event.action();
    return true;
  }
}
