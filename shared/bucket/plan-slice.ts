import type { BucketState, Counter } from './bucket-state.ts';

/**
 * Plans the reservation of a slice of jobs: which cell each job starts in, and the one conditional write that admits
 * them all, for tokens and requests alike. Pure; the store decides whether the condition still holds.
 *
 * - **incr**: everything fits in the head cell. Both totals rise, if they are still low enough. Such writes commute,
 *   so workers do not conflict over them.
 * - **move**: the head moves on. Snaps are set from the total that was read, and a guard re-checks every window that
 *   reaches back to cells which others may still be adding to.
 */
export type SlicePlan = {
  readonly id: string;
  readonly epoch: number;
  /** The head that the plan was made for; the write is refused when it moved. */
  readonly fromHead: number;
  /** Each job's cell, in the order of the costs. */
  readonly cells: readonly number[];
  readonly tokens: CounterStep;
  readonly requests: CounterStep;
} & ({ readonly kind: 'incr' } | { readonly kind: 'move'; readonly toHead: number });

export interface CounterStep {
  readonly add: number;
  /** The write holds only while the stored total is at most this; undefined when no window reaches back that far. */
  readonly atMostTotal: number | undefined;
  /** The snaps of the new head; undefined when the head stays. */
  readonly snaps: readonly number[] | undefined;
}

/** @param costs tokens of each job, each ≤ the token limit @param nowMs the earliest start, in epoch ms */
export function planSlice(state: BucketState, costs: readonly number[], nowMs: number): SlicePlan {
  const placer = new Placer(state, Math.max(state.head, Math.floor(nowMs / state.cellMs)));
  const cells = costs.map((cost) => placer.place(cost));
  const toHead = cells.at(-1) ?? state.head;
  const base = { id: state.id, epoch: state.epoch, fromHead: state.head, cells };
  const steps = {
    tokens: placer.tokens.step(toHead, costs.length),
    requests: placer.requests.step(toHead, costs.length),
  };
  return toHead === state.head ? { ...base, ...steps, kind: 'incr' } : { ...base, ...steps, kind: 'move', toHead };
}

/** When a job of this cost would start, were it reserved now: epoch ms. */
export function estimateStart(state: BucketState, cost: number, nowMs: number): number {
  const cell = new Placer(state, Math.max(state.head, Math.floor(nowMs / state.cellMs))).place(cost);
  return Math.max(nowMs, cell * state.cellMs);
}

/** Walks forward cell by cell; a slice keeps the order of its jobs. */
class Placer {
  readonly tokens: CounterPlacer;
  readonly requests: CounterPlacer;
  #cell: number;

  constructor(state: BucketState, firstCell: number) {
    this.tokens = new CounterPlacer(state.tokens, state.head);
    this.requests = new CounterPlacer(state.requests, state.head);
    this.#cell = firstCell;
  }

  place(cost: number): number {
    while (!this.tokens.fits(this.#cell, cost) || !this.requests.fits(this.#cell, 1)) {
      this.#cell += 1;
    }
    this.tokens.add(this.#cell, cost);
    this.requests.add(this.#cell, 1);
    return this.#cell;
  }
}

class CounterPlacer {
  readonly #counter: Counter;
  readonly #head: number;
  /** What this slice places, by cell; cells ascend. */
  readonly #own = new Map<number, number>();
  #added = 0;

  constructor(counter: Counter, head: number) {
    this.#counter = counter;
    this.#head = head;
  }

  fits(cell: number, cost: number): boolean {
    if (cost > this.#counter.limit) {
      throw new RangeError(`A cost of ${cost} never fits a limit of ${this.#counter.limit}.`);
    }
    const { limit, windowCells, cellCap } = this.#counter;
    const inWindow = this.#total() - this.#snap(cell - windowCells + 1);
    const inCell = this.#total() - this.#snap(cell);
    return inWindow + cost <= limit && (inCell === 0 || inCell + cost <= cellCap);
  }

  add(cell: number, cost: number): void {
    this.#own.set(cell, (this.#own.get(cell) ?? 0) + cost);
    this.#added += cost;
  }

  step(toHead: number, jobs: number): CounterStep {
    if (toHead === this.#head) {
      return { add: this.#added, atMostTotal: this.#headBound(jobs), snaps: undefined };
    }
    const { windowCells } = this.#counter;
    const snaps = Array.from({ length: windowCells }, (_, index) => this.#snap(toHead - index));
    return { add: this.#added, atMostTotal: this.#guard(), snaps };
  }

  /** The highest total at which everything still fits in the head cell: the window, and the cap of the cell. */
  #headBound(jobs: number): number {
    const { limit, windowCells, cellCap } = this.#counter;
    const byWindow = this.#snap(this.#head - windowCells + 1) + limit - this.#added;
    const byCap = this.#snap(this.#head) + cellCap - this.#added;
    const lone = jobs === 1 ? this.#snap(this.#head) : Number.NEGATIVE_INFINITY;
    return Math.min(byWindow, Math.max(byCap, lone));
  }

  /** The highest total at which no window that ends in a cell of ours, and reaches back to the old head, overflows. */
  #guard(): number | undefined {
    const { limit, windowCells } = this.#counter;
    let bound: number | undefined;
    let ownUpTo = 0;
    for (const [cell, own] of this.#own) {
      ownUpTo += own;
      const oldest = cell - windowCells + 1;
      if (oldest <= this.#head) {
        bound = Math.min(bound ?? Number.POSITIVE_INFINITY, this.#snap(oldest) + limit - ownUpTo);
      }
    }
    return bound;
  }

  #total(): number {
    return this.#counter.total + this.#added;
  }

  /** The total when the cell begins: stored up to the head, and beyond it the total read plus what we place before. */
  #snap(cell: number): number {
    if (cell <= this.#head) {
      return this.#counter.snaps[this.#head - cell] ?? this.#counter.snaps.at(-1) ?? 0;
    }
    let before = this.#counter.total;
    for (const [ownCell, own] of this.#own) {
      before += ownCell < cell ? own : 0;
    }
    return before;
  }
}
