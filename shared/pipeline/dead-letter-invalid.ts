import type { Problem } from '../jobs/job-envelope.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { JobEnd } from './end-job.ts';

/** A message shows this many problems at the most. */
const shownProblems = 20;

/** Dead-letters a message that is no job, with the path of each thing that is wrong. It had no document to end. */
export async function deadLetterInvalid(
  message: Pick<ReceivedMessage, 'deadLetter'>,
  invalid: { readonly id: string | undefined; readonly problems: readonly Problem[] },
): Promise<JobEnd> {
  await message.deadLetter({
    reason: 'InvalidJob',
    description: describeProblems(invalid.problems),
    figures: { problems: invalid.problems.length, ...(invalid.id === undefined ? {} : { jobId: invalid.id }) },
  });
  return { settlement: 'dead-letter', outcome: 'dead-lettered', reason: 'InvalidJob' };
}

function describeProblems(problems: readonly Problem[]): string {
  const shown = problems
    .slice(0, shownProblems)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
