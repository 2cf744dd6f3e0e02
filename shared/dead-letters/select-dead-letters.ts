import type { DeadLetterSelection } from '../jobs/dead-letter-selection.ts';
import type { JobState } from '../jobs/job-document.ts';
import type { JobFilter } from '../jobs/job-store.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';

const deadLetterStates: readonly JobState[] = ['dead-lettered', 'expired'];

/** The filter, of dead letters only. */
export function ofDeadLetters(filter: JobFilter): JobFilter {
  return { ...filter, states: deadLetterStates };
}

export interface Selected {
  readonly ids: readonly string[];
  /** Whether there are others; with a filter they follow behind `next`. */
  readonly isMore: boolean;
  readonly next: string | undefined;
}

/** The ids of the dead letters that a call means, as many as it takes at once. */
export async function selectDeadLetters(
  deps: Pick<PipelineDeps, 'jobs'>,
  selection: DeadLetterSelection,
): Promise<Selected> {
  const { ids, filter, after, limit } = selection;
  if (ids !== undefined) {
    return { ids: ids.slice(0, limit), isMore: ids.length > limit, next: undefined };
  }
  const page = await deps.jobs.list(ofDeadLetters(filter), { size: limit, after });
  return { ids: page.documents.map(({ id }) => id), isMore: page.next !== undefined, next: page.next };
}
