/** Each bin is this much wider than the one before: a quantile is off by half a percent at most. */
const growth = 1.01;

/** Waits, counted in bins that grow with the wait, so that memory stays bounded. */
export class WaitHistogram {
  readonly #bins: number[] = [];
  #count = 0;

  /** @param ms ≥ 0 */
  add(ms: number): void {
    const bin = Math.floor(Math.log(1 + Math.max(0, ms)) / Math.log(growth));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#count += 1;
  }

  /** The wait that a share of all waits does not exceed, in ms; 0 when there are none. @param share 0 to 1 */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (const [bin, count] of this.#bins.entries()) {
      left -= count ?? 0;
      if (left <= 0) {
        return growth ** (bin + 0.5) - 1;
      }
    }
    return 0;
  }
}
