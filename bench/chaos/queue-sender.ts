import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { setTimeout as delay } from 'node:timers/promises';

const againMs = 300;
const operationMs = 8000;

/** Puts messages on queues as another service would, and goes on until they are taken. */
export interface QueueSender {
  readonly send: (queue: string, messages: readonly ServiceBusMessage[], signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param onFailure is told of each attempt that failed */
export function queueSender(connectionString: string, onFailure: (text: string) => void): QueueSender {
  const open = (): ServiceBusClient =>
    new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: operationMs } });
  let client = open();
  const sendOnce = async (queue: string, messages: readonly ServiceBusMessage[]): Promise<void> => {
    const used = client;
    const sender = used.createSender(queue);
    try {
      await sender.sendMessages([...messages]);
      await sender.close();
    } catch (error) {
      // A client whose connection broke is not used again.
      client = client === used ? open() : client;
      await used.close().catch(() => undefined);
      throw error;
    }
  };
  return {
    send: async (queue, messages, signal) => {
      while (!signal.aborted) {
        try {
          await sendOnce(queue, messages);
          return;
        } catch (error) {
          onFailure(error instanceof Error ? error.message : String(error));
          await delay(againMs, undefined, { signal });
        }
      }
    },
    close: async () => client.close(),
  };
}
