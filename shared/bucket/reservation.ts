/** The start time and the cost that a job owns in a bucket. Times are of the service's clock, in epoch ms. */
export interface Reservation {
  readonly bucketId: string;
  /** Tokens that were booked. */
  readonly cost: number;
  /** The call starts no earlier. */
  readonly startMs: number;
  /** A start after this is thrown away and reserved again (B3). */
  readonly latestMs: number;
}

export interface StartRequest {
  readonly bucketId: string;
  /** Tokens, as the service counts them. */
  readonly cost: number;
  /** A job of high priority takes the earliest start that a normal one in hand waits for. */
  readonly priority?: 'high' | 'normal' | undefined;
  /** Jobs of several tenants that ask at the same time take turns. */
  readonly tenant?: string | undefined;
  /** Epoch ms: a start after this is of no use. */
  readonly notAfterMs?: number | undefined;
}

export type StartTurn =
  /** The reserved start has come: call now. */
  | { readonly kind: 'start'; readonly reservation: Reservation }
  /** The start was missed, given to a job of high priority, or taken back by the service's word: choose again. */
  | { readonly kind: 'again' }
  /** The start would lie after `notAfterMs`. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'aborted' };

/** What a bucket promises a job that is not reserved yet, as far as this process knows. */
export interface Outlook {
  /** Until the start, in ms. */
  readonly waitMs: number;
  /** Admitted in the last window ÷ limit. */
  readonly load: number;
}
