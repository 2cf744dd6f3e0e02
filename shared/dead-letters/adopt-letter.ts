import type { DeadLetterReason } from '../jobs/dead-letter-reason.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import { type DeadLetter, deadLetterJob } from '../jobs/job-transitions.ts';
import { modelOf } from '../jobs/job-envelope.ts';
import { newJobDocument } from '../jobs/new-job-document.ts';
import { writeJson } from '../json/write-json.ts';
import { requestName } from '../payloads/payload-name.ts';
import { choosePool } from '../pools/choose-pool.ts';
import type { DeadLetterHead } from '../pools/job-queue.ts';
import type { Stored } from '../stored.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import type { ReadJob } from '../pipeline/read-message.ts';

/** The broker's own reasons, and what they mean for a job. */
const meanings: ReadonlyMap<string, DeadLetterReason> = new Map([
  ['MaxDeliveryCountExceeded', 'WorkerCrashed'],
  ['TTLExpiredException', 'Expired'],
]);

/**
 * Ends the document of a job whose message was dead-lettered by the broker or somebody else: a dead letter like others, its
 * request stored first (J2). False when another writer was faster: it is judged again.
 */
export async function adoptLetter(
  deps: Pick<PipelineDeps, 'jobs' | 'payloads' | 'yieldToEventLoop' | 'clock' | 'settings' | 'pools'>,
  letter: { readonly head: DeadLetterHead; readonly job: ReadJob; readonly stored: Stored<JobDocument> | undefined },
): Promise<boolean> {
  const { head, job, stored } = letter;
  const requestRef = job.requestRef ?? requestName(job.id, job.digest);
  if (job.requestRef === undefined) {
    const { text } = await writeJson(job.envelope.request, deps.yieldToEventLoop);
    await deps.payloads.put(requestRef, text);
  }
  const { options } = job.envelope;
  const kept = {
    ...(stored?.document ?? unseenDocument(deps, letter)),
    requestRef,
    ...(options === undefined ? {} : { options }),
  };
  const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
  const next = deadLetterJob(kept, whyOf(head), end);
  const written = stored === undefined ? await deps.jobs.create(next) : await deps.jobs.replace(next, stored.version);
  return typeof written === 'object';
}

function whyOf({ reason = 'no reason', description = '', enqueuedAt }: DeadLetterHead): DeadLetter {
  const told = description === '' ? reason : `${reason}: ${description}`;
  return {
    reason: meanings.get(reason) ?? 'InvalidJob',
    description: `The message was dead-lettered by the broker or by hand, not by Sluice (${told.slice(0, 400)}).`,
    figures: { brokerReason: reason.slice(0, 200), enqueuedAt },
  };
}

/** Of a job that no pump has seen. */
function unseenDocument(
  deps: Pick<PipelineDeps, 'clock' | 'pools'>,
  { head, job }: { readonly head: DeadLetterHead; readonly job: ReadJob },
): JobDocument {
  const { request, options } = job.envelope;
  const choice = choosePool(deps.pools, { model: modelOf(request), regions: options?.regions });
  const pool = choice.kind === 'chosen' ? choice.pool.name : (deps.pools[0]?.name ?? '');
  const createdAt = Math.min(head.enqueuedAt, deps.clock.now());
  return newJobDocument({ ...job, pool, epoch: head.epoch, createdAt });
}
