/** Adds up the costs of one time window. Times are epoch milliseconds; a time before an earlier one counts as that. */
export interface CostWindow {
  readonly lengthMs: number;
  /** Cost in the window that ends at `now`. */
  readonly sum: (now: number) => number;
  readonly add: (entry: { readonly at: number; readonly cost: number }) => void;
  /**
   * Milliseconds until the sum is at most `ceiling` if nothing is added: 0 when it is already,
   * `Infinity` when `ceiling` is negative.
   */
  readonly msUntil: (question: { readonly now: number; readonly ceiling: number }) => number;
}
