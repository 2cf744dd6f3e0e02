import type { ServiceBusClient, ServiceBusMessageBatch } from '@azure/service-bus';

/** Of a message; what the service's own figures are usually given for. */
export const bodyBytes = 256;

/** How many batches a sender has on their way at once, and how many messages a receiver asks for at once. */
const batchesAtOnce = 4;
const messagesAtOnce = 200;

const body = 'x'.repeat(bodyBytes);

/** Sends messages in batches that are as full as the service allows (256 KB), four at once. */
export async function sendAll(
  client: ServiceBusClient,
  queue: string,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const sender = client.createSender(queue);
  try {
    let left = count;
    const sendOnAndOn = async (): Promise<void> => {
      while (left > 0) {
        signal.throwIfAborted();
        const batch = await sender.createMessageBatch();
        left -= fill(batch, left);
        await sender.sendMessages(batch);
      }
    };
    await Promise.all(Array.from({ length: batchesAtOnce }, sendOnAndOn));
  } finally {
    await sender.close();
  }
}

/** Receives and completes messages, 200 at a time. */
export async function completeAll(
  client: ServiceBusClient,
  queue: string,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const receiver = client.createReceiver(queue);
  try {
    for (let left = count; left > 0;) {
      signal.throwIfAborted();
      const messages = await receiver.receiveMessages(Math.min(left, messagesAtOnce), { maxWaitTimeInMs: 10_000 });
      if (messages.length === 0) {
        throw new Error(`No message came for ten seconds; ${left} of ${count} are missing.`);
      }
      left -= messages.length;
      await Promise.all(messages.map(async (message) => receiver.completeMessage(message)));
    }
  } finally {
    await receiver.close();
  }
}

function fill(batch: ServiceBusMessageBatch, atMost: number): number {
  while (batch.count < atMost && batch.tryAddMessage({ body })) {
    // Until it is full.
  }
  return batch.count;
}
