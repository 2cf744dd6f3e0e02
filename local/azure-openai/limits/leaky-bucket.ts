/**
 * A bucket that runs out at a steady rate. Times are epoch milliseconds; a time before an earlier one counts as that.
 *
 * - K1 The level is never below zero: what would have run out of an empty bucket is not saved.
 * - K2 Between two calls it runs out at the rate that the later one names.
 */
export class LeakyBucket {
  #level = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** What is left at `now`, after running out at `perMs` since somebody last asked. */
  level(now: number, perMs: number): number {
    if (now > this.#at) {
      this.#level = this.#at === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, this.#level - (now - this.#at) * perMs);
      this.#at = now;
    }
    return this.#level;
  }

  /** Pours in, or takes out when negative. */
  pour(amount: number): void {
    this.#level = Math.max(0, this.#level + amount);
  }
}
