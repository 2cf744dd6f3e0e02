import { ServiceBusClient } from '@azure/service-bus';

/** Puts jobs straight onto a queue, the intake by default, in batches as large as they come, as another service would. */
export async function putOnQueue(
  stack: { readonly environment: Readonly<Record<string, string>> },
  jobs: Iterable<{ readonly id: string; readonly text: string }>,
  signal: AbortSignal,
  queue = 'jobs',
): Promise<void> {
  const client = new ServiceBusClient(stack.environment['ServiceBus'] ?? '');
  try {
    const sender = client.createSender(queue);
    let batch = await sender.createMessageBatch();
    for (const { id, text } of jobs) {
      const message = { body: Buffer.from(text), messageId: id, contentType: 'application/json' };
      if (!batch.tryAddMessage(message)) {
        signal.throwIfAborted();
        await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        batch.tryAddMessage(message);
      }
    }
    if (batch.count > 0) {
      await sender.sendMessages(batch);
    }
  } finally {
    await client.close();
  }
}
