import { ServiceBusClient } from '@azure/service-bus';
import { type TraceJob, traceJobText } from './trace.ts';
import { type PacingSystem, pacingModel } from './start-system.ts';

/**
 * Gives a system its load: one job to each process over HTTP, which wakes a lane each, and the others straight onto the
 * queue, in batches, as another service would.
 */
export async function feedLoad(system: PacingSystem, jobs: readonly TraceJob[], signal: AbortSignal): Promise<void> {
  const posted = jobs.slice(0, system.apps.length);
  await Promise.all(posted.map(async (job, index) => postJob(system.apps[index]?.url ?? '', job, signal)));
  await enqueue(system, jobs.slice(posted.length), signal);
}

async function postJob(url: string, job: TraceJob, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: traceJobText(job, pacingModel),
    signal,
  });
  if (response.status !== 202) {
    throw new Error(`The app refused job ${job.id} (${response.status}): ${await response.text()}`);
  }
}

async function enqueue({ stack }: PacingSystem, jobs: readonly TraceJob[], signal: AbortSignal): Promise<void> {
  const client = new ServiceBusClient(stack.environment['ServiceBus'] ?? '');
  try {
    const sender = client.createSender('jobs');
    let batch = await sender.createMessageBatch();
    for (const job of jobs) {
      const body = Buffer.from(traceJobText(job, pacingModel));
      const message = { body, messageId: job.id, contentType: 'application/json' };
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
