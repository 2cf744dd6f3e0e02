import type { Backlog } from './job-queue.ts';
import type { PoolRate } from './pool-rate.ts';

/**
 * How long it takes the pool to start what waits ahead of a job, in ms: by tokens and by requests, the slower of them.
 * `undefined` when the pool starts nothing now. Messages that tell no cost are taken to cost as much as the job itself.
 */
export function queueWaitMs(input: {
  readonly ahead: Backlog;
  readonly rate: PoolRate;
  /** What the job costs. */
  readonly costTokens: number;
}): number | undefined {
  const { ahead, rate, costTokens } = input;
  if (rate.tokensPerMs <= 0 || rate.requestsPerMs <= 0) {
    return undefined;
  }
  const byTokens = (ahead.costTokens ?? ahead.messages * costTokens) / rate.tokensPerMs;
  const byRequests = ahead.messages / rate.requestsPerMs;
  return Math.round(Math.max(byTokens, byRequests));
}
