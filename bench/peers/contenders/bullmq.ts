import { Queue, Worker } from 'bullmq';
import type { TraceJob } from '../trace.ts';
import { retryAfterMs } from './call-model.ts';
import type { Peer } from './peer.ts';

/**
 * BullMQ: one queue on Redis, a worker in each process, its limiter (global over the workers; it counts jobs, so the limit
 * in tokens is turned into jobs by their mean cost). On a 429 the queue is rate limited for as long as the answer asks
 * and `RateLimitError` puts the job back, which is no attempt; other faults are retried with a back-off.
 */
export const bullmqPeer: Peer = {
  prepare: async ({ order, callModel }) => {
    const { everySeconds, margin } = order.setting;
    const jobsPerMs = (order.tokensPerMinute / order.meanCost / 60_000) * margin;
    const max = Math.max(1, Math.round(jobsPerMs * everySeconds * 1000));
    const connection = { host: '127.0.0.1', port: order.redisPort, maxRetriesPerRequest: null };
    const queue = new Queue<TraceJob>(order.runName, { connection });
    const worker = new Worker<TraceJob>(
      order.runName,
      async ({ data }) => {
        try {
          await callModel(data, { maxRetries: 0 });
        } catch (error) {
          const waitMs = retryAfterMs(error);
          if (waitMs === undefined) {
            throw error;
          }
          await queue.rateLimit(waitMs);
          throw Worker.RateLimitError();
        }
      },
      {
        connection,
        autorun: false,
        concurrency: order.jobsInHand,
        // The cap is whole: the duration makes up for what was rounded.
        limiter: { max, duration: Math.round(max / jobsPerMs) },
        removeOnComplete: { count: 0 },
      },
    );
    worker.on('error', (error) => {
      process.stderr.write(`fault: ${error.message}\n`);
    });
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    return {
      run: async (jobs) => {
        const opts = { attempts: 5, backoff: { type: 'exponential', delay: 500 } };
        await queue.addBulk(jobs.map((job) => ({ name: 'chat', data: job, opts: { ...opts, jobId: job.id } })));
        await worker.run();
      },
    };
  },
};
