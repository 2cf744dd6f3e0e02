import { app, type InvocationContext } from '@azure/functions';
import { z } from 'zod';
import { ticketSchema } from '../shared/lanes/lane.ts';
import { runPump } from '../shared/pipeline/run-pump.ts';
import { ticketQueue } from '../shared/pools/pool.ts';
import { compose, composed } from './compose.ts';

app.serviceBusQueue('pump', {
  connection: 'ServiceBus',
  queueName: ticketQueue,
  handler: async (message, context) => pump(message, context),
});

/** The host is about to end this process: stop pulling now, let short calls end, give back the rest. */
app.hook.appTerminate(async () => {
  const running = await composed();
  await running?.stop(Promise.allSettled(pumps));
});

/** The pumps that run in this process: `maxConcurrentCalls` of them at the most, one that pulls and others that drain. */
const pumps = new Set<Promise<unknown>>();

/** The host hands numbers over as numbers or as text, by their size. */
const metadataSchema = z.object({
  sequenceNumber: z.union([z.string(), z.number()]).transform(String),
  deliveryCount: z.coerce.number().int(),
});

async function pump(message: unknown, context: InvocationContext): Promise<void> {
  const ticket = ticketSchema.safeParse(message);
  const metadata = metadataSchema.safeParse(context.triggerMetadata);
  if (!ticket.success || !metadata.success) {
    context.warn('pump: a message that is no ticket was taken off the pump queue.');
    return;
  }
  const { deps, stopping } = await compose();
  const running = runPump(deps, { ticket: ticket.data, ...metadata.data }, stopping);
  pumps.add(running);
  const end = await running.finally(() => pumps.delete(running));
  context.debug(`pump: ${ticket.data.lane} ended ${end}`);
}
