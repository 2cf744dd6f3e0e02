import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import { addBacklogs } from './add-backlogs.ts';
import type { Backlog, OutgoingMessage } from './job-queue.ts';
import { type QueueSample, sampleQueue } from './queue-sample.ts';
import type { Look, Peeked } from './seen-spans.ts';

/** A sample of a queue answers for this long, in ms. */
const sampleMs = 1000;

/** A sender's own number beyond it counts for nothing. */
const largestCost = 1_000_000_000;

interface Sampled {
  readonly atMs: number;
  readonly sample: Promise<QueueSample>;
  /** When the last look found nothing: what came later is not in the sample. */
  readonly tailSeen: { atMs: number };
}

/** What this process sends, or tries to. */
interface Send {
  readonly atMs: number;
  readonly messages: number;
  readonly costTokens: number | undefined;
}

export interface Backlogs {
  readonly of: (
    queue: string,
    from: { readonly receiver: ServiceBusReceiver; readonly held: () => ReadonlySet<string> },
    enqueuedBefore: number | undefined,
  ) => Promise<Backlog>;
  /** What this process sends counts without a look. */
  readonly onSend: (queue: string, messages: readonly OutgoingMessage[]) => void;
}

/** Backlogs by peeking, which needs no more rights than receiving: one sample a second and queue, for all who ask. */
export function peekedBacklogs(): Backlogs {
  const samples = new Map<string, Sampled>();
  const tails = new Map<string, number>();
  const sends = new Map<string, readonly Send[]>();
  const sampledOf = (queue: string, from: Parameters<Backlogs['of']>[1]): Sampled => {
    const known = samples.get(queue);
    if (known !== undefined && Date.now() - known.atMs < sampleMs) {
      return known;
    }
    const tailSeen = { atMs: Date.now() };
    const sample = sampleQueue(lookThrough(from, tailSeen), tails.get(queue));
    const sampled = { atMs: Date.now(), sample, tailSeen };
    samples.set(queue, sampled);
    sample.then(
      ({ tail }) => tail !== undefined && tails.set(queue, tail),
      // The next one who asks looks again.
      () => samples.get(queue) === sampled && samples.delete(queue),
    );
    return sampled;
  };
  return {
    of: async (queue, from, enqueuedBefore) => {
      const { atMs, sample, tailSeen } = sampledOf(queue, from);
      const waiting = { countedAt: atMs, ...(await (await sample).waiting(enqueuedBefore)) };
      // Before an instant that has passed nothing can come any more.
      const isLater = enqueuedBefore === undefined || enqueuedBefore > atMs;
      const since = (sends.get(queue) ?? []).filter((send) => isLater && send.atMs >= tailSeen.atMs);
      return addBacklogs([waiting, ...since.map((send) => ({ countedAt: atMs, ...send }))]);
    },
    onSend: (queue, messages) => {
      const atMs = Date.now();
      const due = messages.filter(({ dueAt }) => dueAt === undefined || dueAt <= atMs);
      const costs = due.flatMap(({ costTokens }) => costTokens ?? []);
      const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
      const send = { atMs, messages: due.length, costTokens: costs.length === 0 ? undefined : mean * due.length };
      const oldest = (samples.get(queue)?.atMs ?? atMs) - sampleMs;
      sends.set(queue, [...(sends.get(queue) ?? []).filter((one) => one.atMs >= oldest), send]);
    },
  };
}

function lookThrough(
  { receiver, held }: { readonly receiver: ServiceBusReceiver; readonly held: () => ReadonlySet<string> },
  tailSeen: Sampled['tailSeen'],
): Look {
  return async (from, most) => {
    const atMs = Date.now();
    // `omitMessageBody` is not in the SDK's declarations; where it is not heeded, bodies travel in vain.
    const options = { fromSequenceNumber: Long.fromNumber(from), omitMessageBody: true };
    const messages = await receiver.peekMessages(most, options);
    if (messages.length === 0) {
      tailSeen.atMs = atMs;
    }
    const inHand = held();
    return messages.map((message) => toPeeked(message, inHand));
  };
}

function toPeeked(message: ServiceBusReceivedMessage, inHand: ReadonlySet<string>): Peeked {
  const number = String(message.sequenceNumber);
  const isDue = message.state !== 'scheduled' || (message.scheduledEnqueueTimeUtc?.getTime() ?? 0) <= Date.now();
  const cost = message.applicationProperties?.['costTokens'];
  const isTold = typeof cost === 'number' && cost > 0 && cost <= largestCost;
  return {
    sequence: Number(number),
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? 0,
    isWaiting: isDue && message.state !== 'deferred' && !inHand.has(number),
    costTokens: isTold ? cost : undefined,
  };
}
