import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { setTimeout as delay } from 'node:timers/promises';

const againMs = 300;
const operationMs = 8000;

/**
 * Puts messages on a queue as another service would, and goes on until they are taken. Each try has a client of its own: one
 * that was connected when Service Bus went away may not recover for a minute.
 */
export async function sendUntilTaken(
  connectionString: string,
  input: { readonly queue: string; readonly messages: readonly ServiceBusMessage[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new ServiceBusClient(connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: operationMs },
    });
    const sent = client
      .createSender(input.queue)
      .sendMessages([...input.messages])
      .then(
        () => true,
        () => false,
      );
    // A send that never settles has failed as well.
    const isTaken = await Promise.race([sent, delay(2 * operationMs, false, { signal })]);
    void client.close().catch(() => undefined);
    if (isTaken) {
      return;
    }
    await delay(againMs, undefined, { signal });
  }
}
