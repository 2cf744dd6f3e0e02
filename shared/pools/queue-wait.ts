import { peak } from '../bucket/bucket-limits.ts';
import type { Backlog } from './job-queue.ts';
import type { MinuteLimits } from './pool-rate.ts';

/** A bucket that a pool may use now. */
export interface UsableBucket {
  readonly limits: MinuteLimits;
  /** How long a job of so many tokens, of no more than the limit, would wait there, in ms. */
  readonly waitMs: (tokens: number) => number;
}

/** A bucket's window of a minute, with its allowance for clocks and lateness, in ms. */
const windowMs = 61_000;

/**
 * How long a job waits, in ms, behind what waits ahead of it: by tokens and by requests, the slower of them. `undefined`
 * when there is no bucket.
 *
 * The buckets share the tokens by their limits. What has room in a bucket's window starts as the bucket tells; and as what
 * it admits in one window leaves it in the next, every further limit's worth starts one window later.
 *
 * Messages that tell no cost are taken to cost as much as the job itself; what was started since they were counted is not
 * ahead any more.
 */
export function queueWaitMs(input: {
  readonly ahead: Backlog;
  readonly buckets: readonly UsableBucket[];
  /** What the job costs. */
  readonly costTokens: number;
  /** Epoch ms. */
  readonly now: number;
}): number | undefined {
  const { ahead, buckets, costTokens, now } = input;
  if (buckets.length === 0) {
    return undefined;
  }
  const tokensPerMinute = buckets.reduce((sum, { limits }) => sum + limits.tokensPerMinute, 0);
  const requestsPerMinute = buckets.reduce((sum, { limits }) => sum + limits.requestsPerMinute, 0);
  const sinceMs = Math.max(0, now - ahead.countedAt);
  const told = ahead.costTokens ?? ahead.messages * costTokens;
  const tokens = Math.max(0, told - (tokensPerMinute * sinceMs) / 60_000);
  const byTokens = buckets.map((bucket) => {
    const part = (tokens * bucket.limits.tokensPerMinute) / tokensPerMinute;
    return bucketWaitMs(bucket, part, costTokens);
  });
  const byRequests = (ahead.messages * 60_000) / requestsPerMinute - sinceMs;
  return Math.round(Math.max(Math.min(...byTokens), byRequests));
}

function bucketWaitMs({ limits, waitMs }: UsableBucket, ahead: number, costTokens: number): number {
  const limit = limits.tokensPerMinute;
  const windows = Math.floor((ahead + costTokens) / limit);
  const rest = ahead + costTokens - windows * limit;
  const fastest = (ahead * windowMs) / (limit * peak);
  return Math.max(windows * windowMs + waitMs(Math.ceil(rest)), fastest);
}
