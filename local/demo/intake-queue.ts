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

/** @param abortSignal ends every operation */
export function intakeQueue(connectionString: string, abortSignal: AbortSignal): IntakeQueue {
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 3, timeoutInMs: 10_000 } });
  return {
    send: async (batchId, lines) => {
      const sender = client.createSender(queueName);
      let batch = await sender.createMessageBatch({ abortSignal });
      for (const line of lines) {
        const message = messageOf(batchId, line);
        if (!batch.tryAddMessage(message)) {
          await sender.sendMessages(batch, { abortSignal });
          batch = await sender.createMessageBatch({ abortSignal });
          if (!batch.tryAddMessage(message)) {
            throw new Error(`Line ${line.number} does not fit into a message, though it has ${line.bytes} bytes.`);
          }
        }
      }
      if (batch.count > 0) {
        await sender.sendMessages(batch, { abortSignal });
      }
      await sender.close();
    },
    deadLetters: deadLetterReader(client, abortSignal),
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

function messageIdOf(batchId: string, number: number | ''): string {
  return `${batchId}.line-${number}`;
}

/** Peeks what is new since the last call: a receiver goes on where its last peek ended. */
function deadLetterReader(
  client: ServiceBusClient,
  abortSignal: AbortSignal,
): (batchId: string) => Promise<ReadonlyMap<number, Refusal>> {
  const receiver = client.createReceiver(queueName, { subQueueType: 'deadLetter' });
  const found = new Map<string, Refusal>();
  return async (batchId) => {
    for (let isMore = true; isMore;) {
      const messages = await receiver.peekMessages(peekedAtOnce, { abortSignal });
      for (const { messageId, deadLetterReason, deadLetterErrorDescription } of messages) {
        const description = deadLetterErrorDescription ?? '';
        found.set(String(messageId), { reason: deadLetterReason ?? 'unknown', description });
      }
      isMore = messages.length > 0;
    }
    const prefix = messageIdOf(batchId, '');
    const ofBatch = [...found].filter(([id]) => id.startsWith(prefix));
    return new Map(ofBatch.map(([id, refusal]) => [Number(id.slice(prefix.length)), refusal]));
  };
}
