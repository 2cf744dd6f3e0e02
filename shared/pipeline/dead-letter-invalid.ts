import type { Problem } from '../jobs/job-envelope.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import { hasEnded } from '../jobs/job-document.ts';
import { type DeadLetter, deadLetterJob } from '../jobs/job-transitions.ts';
import type { PipelineDeps } from './deps.ts';
import type { JobEnd } from './end-job.ts';
import type { ReadMessage } from './read-message.ts';

/** A message shows this many problems at the most. */
const shownProblems = 20;

/** Set on a message that is dead-lettered for being no job: no document stands for it. */
const noJob = { isJob: false } as const;

/**
 * Dead-letters a message that is no job, with the path of each thing that is wrong. One whose stored request cannot be
 * read back was accepted once, and has a document: that ends first (J2). An erased job's has nothing left to do.
 */
export async function deadLetterInvalid(
  deps: Pick<PipelineDeps, 'jobs' | 'clock' | 'settings'>,
  message: Pick<ReceivedMessage, 'deadLetter' | 'complete'>,
  invalid: Extract<ReadMessage, { readonly kind: 'invalid' }>,
): Promise<JobEnd> {
  const reason = 'InvalidJob';
  const description = describeProblems(invalid.problems);
  const figures = { problems: invalid.problems.length };
  const { id, digest } = invalid;
  const document =
    id === undefined || digest === undefined
      ? 'none'
      : await endDocument(deps, { id, digest, why: { reason, description, figures } });
  if (document === 'erased') {
    await message.complete();
    return { settlement: 'complete', outcome: 'ended' };
  }
  const whose = document === 'ended' ? {} : noJob;
  const jobId = id === undefined ? {} : { jobId: id };
  await message.deadLetter({ reason, description, figures: { ...figures, ...jobId, ...whose } });
  return { settlement: 'dead-letter', outcome: 'dead-lettered', reason };
}

/** `erased`: the job was, and its request with it. */
type EndedDocument = 'ended' | 'erased' | 'none';

/**
 * Ends the job's document, and tells whether it has one. The digest ties the message to the document: a message of somebody
 * else's making ends no job by its id.
 */
export async function endDocument(
  deps: Pick<PipelineDeps, 'jobs' | 'clock' | 'settings'>,
  job: { readonly id: string; readonly digest: string; readonly why: DeadLetter },
): Promise<EndedDocument> {
  for (;;) {
    const stored = await deps.jobs.read(job.id);
    if (stored?.document.erasedAt !== undefined) {
      return 'erased';
    }
    if (stored?.document.digest !== job.digest) {
      return 'none';
    }
    if (hasEnded(stored.document)) {
      return 'ended';
    }
    const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
    const written = await deps.jobs.replace(deadLetterJob(stored.document, job.why, end), stored.version);
    if (written !== 'conflict') {
      return 'ended';
    }
  }
}

function describeProblems(problems: readonly Problem[]): string {
  const shown = problems
    .slice(0, shownProblems)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
