import type { TotalsHistory } from './totals-history.ts';

/** Answers closer together than this many cells are not compared: a cell is counted whole. */
const leastCells = 6;
const mostCells = 40;

/** Comparisons before anything is told. */
const leastPairs = 5;

/** How much an old comparison still counts when a new one comes. */
const keep = 0.95;

export interface EstimateError {
  /** (What the service counted − what was estimated) ÷ what was estimated: 0.1 when the estimate is a tenth too low. */
  readonly relative: number;
  /** The form of the service's token window that explains its answers best. */
  readonly window: 'sliding' | 'fixed';
}

interface Seen {
  readonly cell: number;
  readonly usedTokens: number;
}

/**
 * Compares how `remaining` fell between two answers with what was admitted meanwhile. In a window that slides, what was
 * admitted a window ago came back meanwhile; in a count that starts anew each minute it did not. Both are tried, and the one
 * that explains the answers better tells the error. Only the sum over many pairs means something.
 */
export class EstimateMeter {
  #last: Seen | undefined;
  #pairs = 0;
  #admitted = 0;
  readonly #sliding = { signed: 0, absolute: 0 };
  readonly #fixed = { signed: 0, absolute: 0 };

  add(seen: Seen & { readonly history: TotalsHistory }): void {
    const { cell, usedTokens, history } = seen;
    const last = this.#last;
    if (last !== undefined && cell - last.cell < leastCells) {
      return;
    }
    this.#last = { cell, usedTokens };
    if (last === undefined || cell - last.cell > mostCells) {
      return;
    }
    const came = history.between(last.cell + 1, cell);
    const { windowCells } = history;
    const left = history.between(last.cell + 1 - windowCells, cell - windowCells);
    const grewBy = usedTokens - last.usedTokens;
    // A count that starts anew falls by more than ever leaves a sliding window: such a pair tells nothing.
    if (came === undefined || left === undefined || came === 0 || grewBy < -2 * left - came) {
      return;
    }
    this.#pairs += 1;
    this.#admitted = this.#admitted * keep + came;
    tally(this.#sliding, grewBy - (came - left));
    tally(this.#fixed, grewBy - came);
  }

  error(): EstimateError | undefined {
    if (this.#pairs < leastPairs || this.#admitted === 0) {
      return undefined;
    }
    const isSliding = this.#sliding.absolute <= this.#fixed.absolute;
    const { signed } = isSliding ? this.#sliding : this.#fixed;
    return { relative: signed / this.#admitted, window: isSliding ? 'sliding' : 'fixed' };
  }
}

function tally(sum: { signed: number; absolute: number }, residual: number): void {
  sum.signed = sum.signed * keep + residual;
  sum.absolute = sum.absolute * keep + Math.abs(residual);
}
