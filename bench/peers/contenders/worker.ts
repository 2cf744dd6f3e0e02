/**
 * One process of a peer. Its only argument is the order (`../field.ts`) as JSON; it says when it is ready, idles until
 * SIGUSR2, runs its part of the trace, and stays until it is stopped, so that its CPU can be read.
 */
import type { PeerName } from '../field.ts';
import { peerOrder } from '../field.ts';
import { makeTrace, shareOf } from '../trace.ts';
import { bottleneckPeer } from './bottleneck.ts';
import { bullmqPeer } from './bullmq.ts';
import { modelCaller } from './call-model.ts';
import { pQueuePeer } from './p-queue.ts';
import type { Peer } from './peer.ts';
import { rateLimiterFlexiblePeer } from './rate-limiter-flexible.ts';

const peers: Readonly<Record<PeerName, Peer>> = {
  'p-queue': pQueuePeer,
  bottleneck: bottleneckPeer,
  bullmq: bullmqPeer,
  'rate-limiter-flexible': rateLimiterFlexiblePeer,
};

const order = peerOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const jobs = shareOf(makeTrace(order.trace), { index: order.index, of: order.processes });
const { run } = await peers[order.contender].prepare({ order, callModel: modelCaller(order) });
process.once('SIGTERM', () => process.exit(0));
process.once('SIGUSR2', () => {
  run(jobs).catch((error: unknown) => process.stderr.write(`fault: ${String(error)}\n`));
});
setInterval(() => undefined, 60_000);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
