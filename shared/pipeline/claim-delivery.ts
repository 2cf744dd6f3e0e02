import { AppError } from '../errors.ts';
import { claimJob, type ClaimDecision } from '../jobs/claim-job.ts';
import type { JobClaim, JobDocument } from '../jobs/job-document.ts';
import { isOwnMessageId } from '../jobs/job-id.ts';
import { startJob } from '../jobs/job-transitions.ts';
import { newJobDocument } from '../jobs/new-job-document.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import type { DocumentStore, Stored } from '../stored.ts';
import type { PipelineDeps } from './deps.ts';
import type { ReadJob } from './read-message.ts';

/** Rounds of reading and writing before a claim gives up: each lost round means that somebody else made progress. */
const mostRounds = 8;

/** What there is to do with a delivery that is not to run the job. */
export type NoClaim = Exclude<ClaimDecision, { readonly kind: 'run' | 'claimed' }>;

export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: JobClaim; readonly stored: Stored<JobDocument> }
  | {
      readonly kind: 'not-claimed';
      readonly decision: NoClaim;
      readonly document: JobDocument;
    };

/** Claims the job's document for this delivery, in one conditional write; creates it when it is missing. */
export async function claimDelivery(
  deps: Pick<PipelineDeps, 'clock'> & { readonly jobs: DocumentStore<JobDocument> },
  input: {
    readonly pool: Pool;
    readonly job: ReadJob;
    readonly message: ReceivedMessage;
    /** A fresh random id: of the claim. */
    readonly owner: string;
  },
): Promise<Claimed> {
  const { job, message, owner } = input;
  const { epoch, sequenceNumber, deliveryCount } = message;
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = round === 0 && isUnseen(message) ? undefined : await deps.jobs.read(job.id);
    const delivery = { epoch, sequenceNumber, deliveryCount, digest: job.digest };
    const decision = claimJob({ document: stored?.document, delivery, owner });
    if (decision.kind === 'claimed' && stored !== undefined) {
      return { kind: 'claimed', claim: decision.claim, stored };
    }
    if (decision.kind !== 'run' && decision.kind !== 'claimed') {
      return { kind: 'not-claimed', decision, document: stored?.document ?? unseenDocument(deps, input) };
    }
    const next = startJob(stored?.document ?? unseenDocument(deps, input), decision.claim, deps.clock.now());
    const written = stored === undefined ? await deps.jobs.create(next) : await deps.jobs.replace(next, stored.version);
    if (typeof written === 'object') {
      return { kind: 'claimed', claim: decision.claim, stored: written };
    }
  }
  const text = `Claiming job ${job.id} met another writer ${mostRounds} times. The message is given back and tried again.`;
  throw new AppError('jobs.contended', text, { isRetryable: true });
}

/**
 * The first delivery of a message that Sluice did not send: its job has no document yet, but for rare duplicates, which
 * the refused creation shows. Not to look first saves one call of three.
 */
function isUnseen(message: ReceivedMessage): boolean {
  return message.deliveryCount === 0 && message.epoch === 0 && !isOwnMessageId(message.messageId);
}

/** The document of a job that came straight onto a queue, or whose submit has not written it yet. */
function unseenDocument(
  deps: Pick<PipelineDeps, 'clock'>,
  { pool, job, message }: { readonly pool: Pool; readonly job: ReadJob; readonly message: ReceivedMessage },
): JobDocument {
  const createdAt = Math.min(message.enqueuedAt, deps.clock.now());
  return newJobDocument({ ...job, pool: pool.name, epoch: message.epoch, createdAt });
}
