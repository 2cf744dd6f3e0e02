import { AppError } from '../errors.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import { messaging, serviceBus, sluice, spanNames } from '../telemetry/names.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { PipelineDeps } from './deps.ts';
import type { JobEnd } from './end-job.ts';

/** Runs one delivery inside its span: a child of the submitter's, linked to the pump's. */
export async function tellJob(
  deps: Pick<PipelineDeps, 'telemetry' | 'clock'>,
  run: { readonly pool: Pool; readonly message: ReceivedMessage; readonly pump: string },
  work: (span: Span) => Promise<JobEnd>,
): Promise<JobEnd> {
  const { message, pool } = run;
  const span = deps.telemetry.startSpan(spanNames.job, {
    kind: 'consumer',
    parent: message.traceparent,
    links: [run.pump],
    fields: {
      [messaging.systemName]: serviceBus,
      [messaging.operationName]: 'process',
      [messaging.operationType]: 'process',
      [messaging.destinationName]: pool.queue,
      // Other services choose their ids: one that is not of our alphabet may hold user text (T1).
      [messaging.messageId]: plainId(message.messageId),
      [messaging.deliveryCount]: message.deliveryCount,
      [sluice.pool]: pool.name,
      [sluice.epoch]: message.epoch,
      [sluice.waitQueueMs]: Math.max(0, deps.clock.now() - message.enqueuedAt),
    },
  });
  try {
    const end = await work(span);
    span.setFields({
      [sluice.settlement]: end.settlement,
      [sluice.outcome]: end.outcome,
      [sluice.reason]: end.reason,
      [messaging.dispositionStatus]: end.settlement,
    });
    span.end(end.reason === undefined ? {} : { errorType: end.reason });
    return end;
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'unexpected';
    span.setFields({ [sluice.settlement]: 'leave', [sluice.errorCode]: code });
    span.end({ errorType: code });
    throw error;
  }
}

function plainId(messageId: string | undefined): string | undefined {
  return messageId !== undefined && /^[A-Za-z0-9._:~-]{1,128}$/u.test(messageId) ? messageId : undefined;
}
