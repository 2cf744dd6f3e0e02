import type { ServiceBusClient, ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus';
import Long from 'long';
import { peekedBacklogs } from './service-bus-backlog.ts';
import { serviceBusDeadLetters } from './service-bus-dead-letters.ts';
import { asQueueError } from './service-bus-errors.ts';
import { QueueReceivers } from './service-bus-receivers.ts';
import type { ClientQueue } from './service-bus-renewed-queue.ts';
import { toReceivedMessage, watchLocks } from './service-bus-received-message.ts';
import { sendAll } from './service-bus-send.ts';

/**
 * The SDK goes on waiting for a full batch after the first message, up to a second. So a batch is asked for with a short
 * wait, and the long wait for a first message asks for one alone.
 */
const burstMs = 20;

/** Messages looked at in one peek, and the most peeks that one question may take. */
const peekPage = 50;
const peekPages = 8;

/**
 * The job queue on Service Bus. The client's `retryOptions` are the one retry layer. Locks are renewed for as long as a
 * message is in hand (see `watchLocks`).
 */
export function serviceBusJobQueue(client: ServiceBusClient): ClientQueue {
  const senders = new Map<string, ServiceBusSender>();
  const receivers = new Map<string, QueueReceivers>();
  const locks = watchLocks();
  const backlogs = peekedBacklogs();
  const receiversOf = (queue: string): QueueReceivers => {
    const known = receivers.get(queue) ?? new QueueReceivers(client, queue, locks.held);
    receivers.set(queue, known);
    return known;
  };
  const { close: closeDeadLetters, ...deadLetters } = serviceBusDeadLetters(client);
  const senderOf = (queue: string): ServiceBusSender => {
    const known = senders.get(queue);
    if (known !== undefined && !known.isClosed) {
      return known;
    }
    const sender = client.createSender(queue);
    senders.set(queue, sender);
    return sender;
  };
  return {
    send: async (queue, messages) => {
      // Counted before they are there: who asks meanwhile comes behind them.
      backlogs.onSend(queue, messages);
      await asQueueError(`Sending to ${queue}`, async () => sendAll(senderOf(queue), messages));
    },
    receive: async (queue, most, waitMs) =>
      asQueueError(`Receiving from ${queue}`, async () => {
        const { from, messages } = await receiversOf(queue).receive(async (receiver) => {
          const burst = await receiver.receiveMessages(most, { maxWaitTimeInMs: burstMs });
          return burst.length > 0 || waitMs <= burstMs
            ? burst
            : receiver.receiveMessages(1, { maxWaitTimeInMs: waitMs - burstMs });
        });
        const { receiver, turns } = from;
        return messages.map((message) => toReceivedMessage(receiver, message, { locks, turns }));
      }),
    hasWork: async (queue, held) =>
      asQueueError(`Peeking ${queue}`, async () => hasWork(receiversOf(queue).looker(), held)),
    backlog: async (queue, { enqueuedBefore } = {}) =>
      asQueueError(`Peeking ${queue}`, async () => {
        const own = receiversOf(queue);
        return backlogs.of(queue, { receiver: own.looker(), held: () => own.held() }, enqueuedBefore);
      }),
    ...deadLetters,
    inHand: locks.count,
    close: async () => {
      locks.stop();
      const open = [...senders.values(), ...receivers.values(), { close: closeDeadLetters }];
      await Promise.allSettled(open.map(async (one) => one.close()));
      await client.close();
    },
  };
}

async function hasWork(receiver: ServiceBusReceiver, held: ReadonlySet<string>): Promise<boolean> {
  // Without a number a receiver goes on where its last peek ended, however long ago.
  let page = await receiver.peekMessages(peekPage, { fromSequenceNumber: Long.ZERO });
  for (let pages = 1; ; pages += 1) {
    const now = Date.now();
    const isWork = page.some((message) => {
      const isDue = message.state !== 'scheduled' || (message.scheduledEnqueueTimeUtc?.getTime() ?? 0) <= now;
      return isDue && !held.has(String(message.sequenceNumber));
    });
    const next = page.at(-1)?.sequenceNumber?.add(1);
    if (isWork || page.length < peekPage || next === undefined) {
      return isWork;
    }
    if (pages === peekPages) {
      return true;
    }
    page = await receiver.peekMessages(peekPage, { fromSequenceNumber: next });
  }
}
