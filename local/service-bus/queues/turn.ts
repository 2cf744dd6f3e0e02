import type { QueueStore } from './queue-store.ts';

/** A delivery that fails gives its message back in the next turn; one more is for what comes of that. */
const mostLastTurns = 3;

/**
 * Group commit. All writes that arrive in one turn of the event loop make one transaction; what must not be seen before
 * they are safe (acknowledgements, deliveries) waits in `afterCommit`. When a write or the commit fails, nothing of the
 * turn is kept or acknowledged, and `onFailure` has to rebuild what is in memory.
 */
export class Turn {
  readonly #store: QueueStore;
  readonly #beforeCommit: () => void;
  readonly #onFailure: (error: unknown) => void;
  #callbacks: (() => void)[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(fields: {
    readonly store: QueueStore;
    readonly beforeCommit: () => void;
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#store = fields.store;
    this.#beforeCommit = fields.beforeCommit;
    this.#onFailure = fields.onFailure;
  }

  /** Makes sure that the turn is ended, even without writes. */
  schedule(): void {
    if (!this.#closed) {
      this.#scheduled ??= setImmediate(() => {
        this.#end();
      });
    }
  }

  afterCommit(callback: () => void): void {
    this.#callbacks.push(callback);
    this.schedule();
  }

  /** Runs work that writes. When it throws, the whole turn fails. After the end nothing is done. */
  attempt(work: () => void): void {
    if (this.#closed) {
      return;
    }
    this.schedule();
    try {
      work();
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  /**
   * Ends the turn now, and those that it sets off: what could not be delivered is given back. What is left after that was
   * acknowledged to nobody. The store may be closed then.
   */
  close(): void {
    for (let turns = 0; this.#scheduled !== undefined && turns < mostLastTurns; turns += 1) {
      clearImmediate(this.#scheduled);
      this.#end();
    }
    this.#closed = true;
    clearImmediate(this.#scheduled);
  }

  #end(): void {
    this.#scheduled = undefined;
    this.#commit();
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      this.#store.rollback();
      this.#onFailure(error);
      return;
    }
    for (const callback of callbacks) {
      callback();
    }
  }

  #commit(): void {
    if (this.#failure !== undefined) {
      return;
    }
    try {
      this.#beforeCommit();
      this.#store.commit();
    } catch (error) {
      this.#failure = { error };
    }
  }
}
