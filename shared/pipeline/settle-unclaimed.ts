import type { JobDocument } from '../jobs/job-document.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { NoClaim } from './claim-delivery.ts';
import { type JobEnd, sendParked } from './end-job.ts';
import type { ReadJob } from './read-message.ts';
import { sendAgain } from './send-again.ts';

type SendDeps = Parameters<typeof sendAgain>[0];

interface Sending {
  readonly pool: Pool;
  readonly job: ReadJob;
  readonly span: Span;
  readonly document: JobDocument;
}

/** Settles a message whose job is not to be run by it, as the job's document says. */
export async function settleUnclaimed(
  deps: SendDeps,
  run: Sending & { readonly message: ReceivedMessage; readonly decision: NoClaim },
): Promise<JobEnd> {
  const { decision, document, message } = run;
  switch (decision.kind) {
    case 'complete':
      if (document.erasedAt !== undefined) {
        // A late message of an erased job may have brought its request with it.
        await deps.payloads.removeOf(document.id);
      }
      await message.complete();
      return { settlement: 'complete', outcome: decision.because };
    case 'dead-letter': {
      const { reason = 'InvalidJob', description = '', figures = {} } = document;
      await message.deadLetter({ reason, description, figures: { jobId: document.id, ...figures } });
      return { settlement: 'dead-letter', outcome: 'ended', reason };
    }
    case 'send-parked-again':
      if (!(await sendParkedAgain(deps, run))) {
        return { settlement: 'leave', outcome: 'no-request' };
      }
      await message.complete();
      return { settlement: 'complete', outcome: 'parked-again' };
    case 'leave':
      return { settlement: 'leave', outcome: 'stale-delivery' };
  }
}

/** The message may hold the request as it was before a replay changed it: the changed one is stored. */
async function sendParkedAgain(deps: SendDeps, run: Sending): Promise<boolean> {
  if (run.job.digest !== run.document.digest) {
    return sendAgain(deps, run);
  }
  await sendParked(deps, run);
  return true;
}
