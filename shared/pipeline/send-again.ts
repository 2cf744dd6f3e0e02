import type { JobDocument } from '../jobs/job-document.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { PipelineDeps } from './deps.ts';
import { sendParked } from './end-job.ts';
import type { ReadJob } from './read-message.ts';
import { storedJob } from './stored-job.ts';

/**
 * Sends the message of a parked job again, under its id. False when the job cannot be told: neither what is stored nor what
 * `fallback` reads is the document's request, or its pool is configured no more.
 */
export async function sendAgain(
  deps: Pick<PipelineDeps, 'queue' | 'payloads' | 'sha256' | 'yieldToEventLoop' | 'pools'>,
  input: {
    readonly document: JobDocument;
    readonly span: Span;
    readonly fallback?: () => Promise<ReadJob | undefined>;
  },
): Promise<boolean> {
  const { document, span } = input;
  const isSame = (job: ReadJob | undefined): job is ReadJob => job?.digest === document.digest;
  const stored = await storedJob(deps, document);
  const job = isSame(stored) ? stored : await input.fallback?.();
  const pool = deps.pools.find(({ name }) => name === document.pool);
  if (!isSame(job) || pool === undefined) {
    return false;
  }
  await sendParked(deps, { pool, job, document, span });
  return true;
}
