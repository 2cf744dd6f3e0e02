import type { BucketState } from './bucket-state.ts';
import type { SlicePlan } from './plan-slice.ts';

/** Where buckets are kept (port). No call is retried inside: the reserver's back-off is the one retry layer. */
export interface BucketStore {
  readonly read: (id: string) => Promise<ReadOutcome>;
  /** Creates the document; an existing one is left alone and returned. */
  readonly open: (state: BucketState) => Promise<ReadOutcome>;
  /** Puts other limits in force: `to` in place of `from`, if nothing was admitted and no limit changed since. */
  readonly changeLimits: (from: BucketState, to: BucketState) => Promise<ApplyOutcome>;
  /** Writes `to`'s limits, words of the service and throttle, if no other epoch has begun since `from`. */
  readonly correct: (from: BucketState, to: BucketState) => Promise<ApplyOutcome>;
  readonly apply: (plan: SlicePlan) => Promise<ApplyOutcome>;
}

export type ReadOutcome =
  | { readonly kind: 'found'; readonly state: BucketState }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number | undefined };

export type ApplyOutcome =
  /** Written; `state` is the document after it. */
  | { readonly kind: 'applied'; readonly state: BucketState }
  /** The condition no longer holds: nothing was written. */
  | { readonly kind: 'conflict' }
  /** Certainly not written: throttled, or not reached. */
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number | undefined }
  /** The reply was lost: it may have been written. It counts as written, and its jobs never start on it. */
  | { readonly kind: 'unknown' };
