import type { JobDocument } from '../jobs/job-document.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { NoClaim } from './claim-delivery.ts';
import type { PipelineDeps } from './deps.ts';
import { type JobEnd, sendParked } from './end-job.ts';
import type { ReadJob } from './read-message.ts';

/** Settles a message whose job is not to be run by it, as the job's document says. */
export async function settleUnclaimed(
  deps: Pick<PipelineDeps, 'queue' | 'sha256'>,
  run: {
    readonly pool: Pool;
    readonly message: ReceivedMessage;
    readonly job: ReadJob;
    readonly span: Span;
    readonly decision: NoClaim;
    readonly document: JobDocument;
  },
): Promise<JobEnd> {
  const { decision, document, message } = run;
  switch (decision.kind) {
    case 'complete':
      await message.complete();
      return { settlement: 'complete', outcome: decision.because };
    case 'dead-letter': {
      const { reason = 'InvalidJob', description = '', figures = {} } = document;
      await message.deadLetter({ reason, description, figures: { jobId: document.id, ...figures } });
      return { settlement: 'dead-letter', outcome: 'ended', reason };
    }
    case 'send-parked-again':
      await sendParked(deps, run);
      await message.complete();
      return { settlement: 'complete', outcome: 'parked-again' };
    case 'leave':
      return { settlement: 'leave', outcome: 'stale-delivery' };
  }
}
