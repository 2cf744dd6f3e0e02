import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import type { Refusal } from './app-api.ts';
import type { BatchLine } from './read-batch-file.ts';

/** The app's intake, as another service uses it: with its own client, and nothing of the app's code. */
export interface IntakeQueue {
  /** Sends each line as it stands in the file, as plain JSON; the batch's id is an application property. */
  readonly send: (batchId: string, lines: readonly BatchLine[]) => Promise<void>;
  /** Lines of the batch that were dead-lettered on the intake, by number. */
  readonly deadLetters: (batchId: string) => Promise<ReadonlyMap<number, Refusal>>;
  readonly close: () => Promise<void>;
}

/** A queue takes messages of 256 KB, properties included; a line above this goes over HTTP. */
export const largestMessageBytes = 200 * 1024;

const queueName = 'jobs';
const peekedAtOnce = 250;

export function intakeQueue(connectionString: string): IntakeQueue {
  const client = new ServiceBusClient(connectionString);
  return {
    send: async (batchId, lines) => {
      const sender = client.createSender(queueName);
      let batch = await sender.createMessageBatch();
      for (const line of lines) {
        const message = messageOf(batchId, line);
        if (!batch.tryAddMessage(message)) {
          await sender.sendMessages(batch);
          batch = await sender.createMessageBatch();
          if (!batch.tryAddMessage(message)) {
            throw new Error(`Line ${line.number} does not fit into a message, though it has ${line.bytes} bytes.`);
          }
        }
      }
      if (batch.count > 0) {
        await sender.sendMessages(batch);
      }
      await sender.close();
    },
    deadLetters: async (batchId) => readDeadLetters(client, batchId),
    close: async () => client.close(),
  };
}

function messageOf(batchId: string, line: BatchLine): ServiceBusMessage {
  const body: unknown = JSON.parse(line.text);
  return {
    body,
    contentType: 'application/json',
    messageId: messageIdOf(batchId, line.number),
    applicationProperties: { batchId },
  };
}

function messageIdOf(batchId: string, number: number): string {
  return `${batchId}.line-${number}`;
}

async function readDeadLetters(client: ServiceBusClient, batchId: string): Promise<ReadonlyMap<number, Refusal>> {
  const receiver = client.createReceiver(queueName, { subQueueType: 'deadLetter' });
  const found = new Map<number, Refusal>();
  const prefix = messageIdOf(batchId, 0).slice(0, -1);
  try {
    // One receiver goes on peeking where it stopped.
    for (;;) {
      const messages = await receiver.peekMessages(peekedAtOnce);
      for (const { messageId, deadLetterReason, deadLetterErrorDescription } of messages) {
        const id = String(messageId);
        if (id.startsWith(prefix)) {
          const description = deadLetterErrorDescription ?? '';
          found.set(Number(id.slice(prefix.length)), { reason: deadLetterReason ?? 'unknown', description });
        }
      }
      if (messages.length === 0) {
        return found;
      }
    }
  } finally {
    await receiver.close();
  }
}
