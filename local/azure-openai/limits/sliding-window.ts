import type { CostWindow } from './cost-window.ts';

/**
 * The window (now − length, now]: what was added at `t` counts until just before `t + length`.
 *
 * A queue of (time, running total): adding, dropping and summing cost O(1) amortised, the wait one binary search.
 * Entries of the same millisecond share a place, so the queue never holds more than `lengthMs` places.
 */
export class SlidingWindow implements CostWindow {
  readonly lengthMs: number;
  #times: number[] = [];
  /** Everything ever added up to and including the entry at the same place. */
  #totals: number[] = [];
  #head = 0;
  #dropped = 0;
  #total = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
  }

  sum(now: number): number {
    this.#drop(now);
    return this.#total - this.#dropped;
  }

  add(entry: { readonly at: number; readonly cost: number }): void {
    const at = Math.max(entry.at, this.#last);
    this.#drop(at);
    this.#total += entry.cost;
    if (this.#times.length > this.#head && at === this.#last) {
      this.#totals[this.#totals.length - 1] = this.#total;
    } else {
      this.#times.push(at);
      this.#totals.push(this.#total);
    }
    this.#last = at;
  }

  msUntil(question: { readonly now: number; readonly ceiling: number }): number {
    const sum = this.sum(question.now);
    if (sum <= question.ceiling) {
      return 0;
    }
    if (question.ceiling < 0) {
      return Number.POSITIVE_INFINITY;
    }
    const place = this.#firstReaching(this.#total - question.ceiling);
    return Math.max(0, (this.#times[place] ?? 0) + this.lengthMs - Math.max(question.now, this.#last));
  }

  /** The first place whose running total is at least `total`: once it has left, the sum fits. */
  #firstReaching(total: number): number {
    let low = this.#head;
    let high = this.#totals.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#totals[middle] ?? 0) >= total) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  #drop(now: number): void {
    const oldest = Math.max(now, this.#last) - this.lengthMs;
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) <= oldest) {
      this.#dropped = this.#totals[this.#head] ?? this.#dropped;
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#totals = this.#totals.slice(this.#head);
      this.#head = 0;
    }
  }
}
