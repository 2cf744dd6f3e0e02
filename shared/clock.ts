/** Time as the app sees it. The real one is built in `functions/compose.ts`; tests use a fake one. */
export interface Clock {
  /** Now, in epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms` milliseconds (at once when `ms` ≤ 0), or as soon as `signal` is aborted; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}
