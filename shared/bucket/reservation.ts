/** The start time and the cost that a job owns in a bucket. */
export interface Reservation {
  readonly bucketId: string;
  /** Epoch ms: the call starts no earlier. */
  readonly startMs: number;
  /** Epoch ms: a start after this is thrown away and reserved again (B3). */
  readonly latestMs: number;
}

/** What a bucket promises a job that is not reserved yet, as far as this process knows. */
export interface Outlook {
  /** Epoch ms. */
  readonly startMs: number;
  /** Admitted in the last window ÷ limit. */
  readonly load: number;
}
