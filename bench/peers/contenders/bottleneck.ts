import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { inHand, retryAfterMs } from './call-model.ts';
import type { Peer } from './peer.ts';

const mostRetries = 20;

/**
 * `bottleneck` clustered on Redis: a reservoir of tokens, each job weighs its cost. Given a whole window, the reservoir is
 * refreshed once a minute; given a slice, it is increased every few seconds (multiples of five, as its documentation
 * asks of a cluster). A 429 is retried by its own `failed` event, after what the answer asks for.
 */
export const bottleneckPeer: Peer = {
  prepare: async ({ order, callModel }) => {
    const { everySeconds, margin } = order.setting;
    const amount = Math.floor(((order.tokensPerMinute * everySeconds) / 60) * margin);
    const interval = everySeconds * 1000;
    const limiter = new Bottleneck({
      id: order.runName,
      datastore: 'ioredis',
      Redis,
      clientOptions: { host: '127.0.0.1', port: order.redisPort },
      reservoir: amount,
      ...(everySeconds >= 60
        ? { reservoirRefreshAmount: amount, reservoirRefreshInterval: interval }
        : {
            reservoirIncreaseAmount: amount,
            reservoirIncreaseInterval: interval,
            reservoirIncreaseMaximum: amount,
          }),
    });
    limiter.on('failed', async (error: unknown, { retryCount }) =>
      retryCount < mostRetries ? (retryAfterMs(error) ?? 1000) : undefined,
    );
    await limiter.ready();
    return {
      run: async (jobs) =>
        inHand(jobs, order.jobsInHand, async (job) => {
          await limiter.schedule({ weight: job.cost, id: job.id }, async () => callModel(job, { maxRetries: 0 }));
        }),
    };
  },
};
