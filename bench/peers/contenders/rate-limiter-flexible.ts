import { Redis } from 'ioredis';
import { RateLimiterQueue, RateLimiterRedis } from 'rate-limiter-flexible';
import { inHand } from './call-model.ts';
import type { Peer } from './peer.ts';

/** A call that was paid for and met a 429 all the same is repeated by the SDK, after what the answer asks for. */
const maxRetries = 10;

/**
 * `rate-limiter-flexible` on Redis: points are tokens, the whole limit over 60 s or a slice of it over less. Its own
 * `RateLimiterQueue` waits for points in the order of asking, so that waiting jobs do not all consume at each reset.
 */
export const rateLimiterFlexiblePeer: Peer = {
  prepare: async ({ order, callModel }) => {
    const { everySeconds, margin } = order.setting;
    const storeClient = new Redis({ host: '127.0.0.1', port: order.redisPort, enableOfflineQueue: false });
    await new Promise((resolve) => {
      storeClient.once('ready', resolve);
    });
    const limiter = new RateLimiterRedis({
      storeClient,
      keyPrefix: order.runName,
      points: Math.floor(((order.tokensPerMinute * everySeconds) / 60) * margin),
      duration: everySeconds,
    });
    const queue = new RateLimiterQueue(limiter);
    return {
      run: async (jobs) =>
        inHand(jobs, order.jobsInHand, async (job) => {
          await queue.removeTokens(job.cost);
          await callModel(job, { maxRetries });
        }),
    };
  },
};
