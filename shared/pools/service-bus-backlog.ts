import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
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
  /** What this process has sent, or tried to, since. */
  readonly sent: { messages: number; costTokens: number | undefined };
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
  const sampledOf = (queue: string, look: Look): Sampled => {
    const known = samples.get(queue);
    if (known !== undefined && Date.now() - known.atMs < sampleMs) {
      return known;
    }
    const sample = sampleQueue(look, tails.get(queue));
    const sampled = { atMs: Date.now(), sample, sent: { messages: 0, costTokens: undefined } };
    samples.set(queue, sampled);
    sample.then(
      ({ tail }) => tail !== undefined && tails.set(queue, tail),
      // The next one who asks looks again.
      () => samples.get(queue) === sampled && samples.delete(queue),
    );
    return sampled;
  };
  return {
    of: async (queue, { receiver, held }, enqueuedBefore) => {
      const { atMs, sample, sent } = sampledOf(queue, lookThrough(receiver, held));
      const waiting = await (await sample).waiting(enqueuedBefore);
      // Before an instant that has passed nothing can come any more.
      const isLater = enqueuedBefore === undefined || enqueuedBefore > atMs;
      return isLater ? added(waiting, sent) : waiting;
    },
    onSend: (queue, messages) => {
      const sent = samples.get(queue)?.sent;
      const due = messages.filter(({ dueAt }) => dueAt === undefined || dueAt <= Date.now());
      const costs = due.flatMap(({ costTokens }) => costTokens ?? []);
      if (sent !== undefined && due.length > 0) {
        sent.messages += due.length;
        sent.costTokens =
          costs.length === 0 ? sent.costTokens : costs.reduce((sum, cost) => sum + cost, sent.costTokens ?? 0);
      }
    },
  };
}

function added(waiting: Backlog, sent: Backlog): Backlog {
  const messages = waiting.messages + sent.messages;
  if (waiting.costTokens === undefined || sent.costTokens === undefined) {
    const told = waiting.costTokens === undefined ? sent : waiting;
    const { costTokens } = told;
    return {
      messages,
      costTokens: costTokens === undefined ? undefined : Math.round((costTokens * messages) / told.messages),
    };
  }
  return { messages, costTokens: waiting.costTokens + sent.costTokens };
}

function lookThrough(receiver: ServiceBusReceiver, held: () => ReadonlySet<string>): Look {
  return async (from, most) => {
    // `omitMessageBody` is not in the SDK's declarations; where it is not heeded, bodies travel in vain.
    const options = { fromSequenceNumber: Long.fromNumber(from), omitMessageBody: true };
    const messages = await receiver.peekMessages(most, options);
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
