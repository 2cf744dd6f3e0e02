import PQueue from 'p-queue';
import type { Peer } from './peer.ts';

/** The SDK waits as long as a 429 asks (`retry-after-ms`), and its default of 2 would lose jobs. */
const maxRetries = 10;

/**
 * The `openai` SDK with its retries on, behind `p-queue`. Nothing is shared: each process has the limit ÷ processes. The
 * queue counts jobs, so the limit in tokens is turned into jobs by their mean cost. `strict` makes its window slide.
 */
export const pQueuePeer: Peer = {
  prepare: async ({ order, callModel }) => {
    const { everySeconds, margin } = order.setting;
    const jobsPerMs = ((order.tokensPerMinute / order.meanCost / 60_000) * margin) / order.processes;
    const intervalCap = Math.max(1, Math.round(jobsPerMs * everySeconds * 1000));
    const queue = new PQueue({
      concurrency: order.jobsInHand,
      intervalCap,
      // The cap is whole: the interval makes up for what was rounded.
      interval: intervalCap / jobsPerMs,
      strict: true,
    });
    return {
      run: async (jobs) => {
        await Promise.all(jobs.map(async (job) => queue.add(async () => callModel(job, { maxRetries }))));
      },
    };
  },
};
