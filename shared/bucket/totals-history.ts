import { tokenWindowMs } from './bucket-limits.ts';
import type { BucketState } from './bucket-state.ts';

/**
 * What the bucket admitted, cell by cell, for longer than the document keeps it: collected from the states that this
 * process gets to see. A snap is frozen once written (B1.2), so each is looked at once.
 */
export class TotalsHistory {
  /** Cell → tokens admitted before it began. */
  readonly #totals = new Map<number, number>();
  #cellMs = 0;
  #total = 0;
  #head = Number.NEGATIVE_INFINITY;

  note(state: BucketState): void {
    // Totals that fall are those of another document: the bucket was deleted and opened anew.
    if (state.cellMs !== this.#cellMs || (state.head >= this.#head && state.tokens.total < this.#total)) {
      this.#totals.clear();
      this.#cellMs = state.cellMs;
      this.#head = Number.NEGATIVE_INFINITY;
      this.#total = 0;
    }
    this.#total = Math.max(this.#total, state.tokens.total);
    const { snaps } = state.tokens;
    const oldest = Math.max(this.#head, state.head - snaps.length);
    for (let cell = state.head; cell > oldest; cell -= 1) {
      this.#totals.set(cell, snaps[state.head - cell] ?? 0);
    }
    this.#head = Math.max(this.#head, state.head);
    for (const cell of this.#totals.keys()) {
      if (cell >= this.#head - 3 * snaps.length) {
        break;
      }
      this.#totals.delete(cell);
    }
  }

  /** Cells of one token window. */
  get windowCells(): number {
    return Math.ceil(tokenWindowMs / this.#cellMs);
  }

  /** Tokens admitted in the cells from … to, both included; undefined while that is not known for good, or no longer. */
  between(from: number, to: number): number | undefined {
    const [before, after] = [this.#totals.get(from), this.#totals.get(to + 1)];
    return before === undefined || after === undefined ? undefined : after - before;
  }
}
