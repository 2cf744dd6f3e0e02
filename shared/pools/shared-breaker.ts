import type { Stored } from '../stored.ts';
import { type Breaker, type BreakerStore, isSameBreaker } from './breaker.ts';

/** A transition of the breaker; `undefined` when it does not apply. */
export type BreakerChange = (breaker: Breaker | undefined) => Breaker | undefined;

/** Rounds of writing: each lost round means that another process wrote. */
const mostRounds = 8;

/** Changes that wait for the store; older ones are given up. */
const mostPending = 32;

/**
 * One breaker as this process sees it: what the store holds, and the changes of this process that the store has not taken
 * yet, applied to it in order. So a process goes on with its own knowledge while the store is away, and when another process
 * wrote first, the changes are decided anew on what that wrote.
 */
export class SharedBreaker {
  readonly #store: BreakerStore;
  readonly #id: string;
  readonly #onWritten: (before: Breaker | undefined, after: Breaker) => void;
  #known: Stored<Breaker> | undefined;
  #pending: BreakerChange[] = [];
  #view: Breaker | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param onWritten told of every change that this process wrote */
  constructor(store: BreakerStore, id: string, onWritten: (before: Breaker | undefined, after: Breaker) => void) {
    this.#store = store;
    this.#id = id;
    this.#onWritten = onWritten;
  }

  /** What this process knows; undefined when the breaker never opened. */
  get view(): Breaker | undefined {
    return this.#view;
  }

  /**
   * Applies a change here at once, and then in the store; when the store is away the change waits for `refresh`. False when
   * the change does not apply, and the store was not asked.
   */
  async change(change: BreakerChange): Promise<boolean> {
    const next = change(this.#view);
    if (next === undefined) {
      return false;
    }
    this.#pending = [...this.#pending, change].slice(-mostPending);
    this.#view = next;
    await this.#inTurn(async () => this.#write());
    return true;
  }

  /** Reads the breaker, or writes what waits. */
  async refresh(): Promise<void> {
    await this.#inTurn(async () => (this.#pending.length > 0 ? this.#write() : this.#read()));
  }

  async #write(): Promise<void> {
    for (let round = 0; this.#pending.length > 0 && round < mostRounds; round += 1) {
      const changes = this.#pending;
      const before = this.#known?.document;
      const next = applied(before, changes);
      if (next === undefined || next === before) {
        this.#settle(changes);
        return;
      }
      const written =
        this.#known === undefined
          ? await this.#store.create(next)
          : await this.#store.replace(next, this.#known.version);
      if (typeof written === 'object') {
        this.#known = written;
        this.#settle(changes);
        this.#onWritten(before, next);
        continue;
      }
      await this.#read();
      if (this.#known !== undefined && isSameBreaker(this.#known.document, next)) {
        // Our own write, whose reply was lost.
        this.#settle(changes);
        this.#onWritten(before, next);
      }
    }
  }

  async #read(): Promise<void> {
    this.#known = await this.#store.read(this.#id);
    this.#view = applied(this.#known?.document, this.#pending);
  }

  #settle(changes: readonly BreakerChange[]): void {
    this.#pending = this.#pending.filter((change) => !changes.includes(change));
    this.#view = applied(this.#known?.document, this.#pending);
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

function applied(breaker: Breaker | undefined, changes: readonly BreakerChange[]): Breaker | undefined {
  return changes.reduce((current, change) => change(current) ?? current, breaker);
}
