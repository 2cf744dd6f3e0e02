import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import { AppError } from '../errors.ts';
import type { OutgoingMessage } from './job-queue.ts';

/** Sends the messages in as few batches as they fit into; one that fits no batch is refused by name. */
export async function sendAll(sender: ServiceBusSender, messages: readonly OutgoingMessage[]): Promise<void> {
  const [first] = messages;
  if (messages.length === 1 && first !== undefined) {
    await sender.sendMessages(toServiceBusMessage(first));
    return;
  }
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    const outgoing = toServiceBusMessage(message);
    if (batch.tryAddMessage(outgoing)) {
      continue;
    }
    if (batch.count > 0) {
      await sender.sendMessages(batch);
      batch = await sender.createMessageBatch();
    }
    if (!batch.tryAddMessage(outgoing)) {
      const text = `The message ${message.messageId} is larger than the queue takes; its request must be stored first.`;
      throw new AppError('queue.message-too-large', text);
    }
  }
  if (batch.count > 0) {
    await sender.sendMessages(batch);
  }
}

function toServiceBusMessage(message: OutgoingMessage): ServiceBusMessage {
  const { epoch, traceparent, costTokens } = message;
  return {
    messageId: message.messageId,
    // Bytes, not an object: the wire then carries exactly this JSON, as any other sender would write it.
    body: Buffer.from(message.text, 'utf8'),
    contentType: 'application/json',
    applicationProperties: {
      epoch,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(costTokens === undefined ? {} : { costTokens }),
    },
    ...(message.dueAt === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(message.dueAt) }),
  };
}
