/** What goes wrong between a worker and the bucket's document. */
export interface StoreFaults {
  /** Share of writes whose reply is lost; half of them were made. */
  readonly lostReplies: number;
  /** Share of exchanges that are refused at once: 429, 449, 503. */
  readonly refusals: number;
  /** When nobody can reach the account, in ms since the beginning of the run. */
  readonly away: { readonly fromMs: number; readonly forMs: number } | undefined;
}

export const noStoreFaults: StoreFaults = { lostReplies: 0, refusals: 0, away: undefined };
