import type { TotalsHistory } from './totals-history.ts';

/** Answers closer together than this many cells are not compared: a cell is counted whole. */
const leastCells = 6;
const mostCells = 40;

/** Comparisons before anything is told. */
const leastPairs = 10;

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
 * that explains the answers better is taken for the service's. The error is then that of the whole window where it slides,
 * and that of the growth where it does not. Only the sum over many answers means something, and what others take on the same
 * deployment looks like an estimate that is too low.
 */
export class EstimateMeter {
  #last: Seen | undefined;
  #pairs = 0;
  readonly #sliding: Sums = { signed: 0, absolute: 0, ours: 0 };
  readonly #fixed: Sums = { signed: 0, absolute: 0, ours: 0 };

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
    const inWindow = history.between(cell + 1 - windowCells, cell);
    const left = history.between(last.cell + 1 - windowCells, cell - windowCells);
    const grewBy = usedTokens - last.usedTokens;
    // A count that starts anew falls by more than ever leaves a sliding window: such a pair tells nothing.
    if (came === undefined || left === undefined || inWindow === undefined || grewBy < -2 * left - came) {
      return;
    }
    this.#pairs += 1;
    add(this.#sliding, { signed: usedTokens - inWindow, absolute: Math.abs(grewBy - (came - left)), ours: inWindow });
    add(this.#fixed, { signed: grewBy - came, absolute: Math.abs(grewBy - came), ours: came });
  }

  error(): EstimateError | undefined {
    const isSliding = this.#sliding.absolute <= this.#fixed.absolute;
    const { signed, ours } = isSliding ? this.#sliding : this.#fixed;
    return this.#pairs < leastPairs || ours === 0
      ? undefined
      : { relative: signed / ours, window: isSliding ? 'sliding' : 'fixed' };
  }
}

/** Old answers count less and less. */
interface Sums {
  /** What the service counted beyond the estimate. */
  signed: number;
  /** What the form of the window does not explain. */
  absolute: number;
  /** The estimate. */
  ours: number;
}

function add(sums: Sums, seen: Readonly<Sums>): void {
  sums.signed = sums.signed * keep + seen.signed;
  sums.absolute = sums.absolute * keep + seen.absolute;
  sums.ours = sums.ours * keep + seen.ours;
}
