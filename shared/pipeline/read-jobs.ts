import { batchLine } from '../jobs/batch-line.ts';
import { type JobDocument, type JobState, jobStates } from '../jobs/job-document.ts';
import type { PipelineDeps } from './deps.ts';

/** Largest stored result that is read back, in bytes: 2,048 embeddings of 3,072 dimensions have some 150 MB. */
const largestResult = 256 * 1024 * 1024;

/** A batch's progress is counted this often at the most, in ms: the count is a query, and dashboards poll. */
const countedForMs = 1000;

const resultsPage = 50;
const endedStates: readonly JobState[] = ['completed', 'dead-lettered', 'cancelled', 'expired'];

export interface BatchProgress {
  readonly batchId: string;
  readonly total: number;
  readonly byState: Readonly<Record<JobState, number>>;
  readonly isDone: boolean;
}

/** The response body of a completed job as JSON, wherever it is kept; undefined while there is none. */
export async function resultOf(
  deps: Pick<PipelineDeps, 'payloads'>,
  document: JobDocument,
): Promise<string | undefined> {
  if (document.resultRef === undefined) {
    return document.result === undefined ? undefined : JSON.stringify(document.result);
  }
  const stored = await deps.payloads.get(document.resultRef, largestResult);
  return stored.kind === 'found' ? stored.text : undefined;
}

/** Counts a batch's jobs by state; a count is remembered for a second. */
export function batchProgressReader(
  deps: Pick<PipelineDeps, 'jobs' | 'clock'>,
): (batchId: string) => Promise<BatchProgress> {
  const counted = new Map<string, { readonly at: number; readonly progress: Promise<BatchProgress> }>();
  return async (batchId) => {
    const now = deps.clock.now();
    for (const [id, { at }] of counted) {
      if (now - at > countedForMs) {
        counted.delete(id);
      }
    }
    const known = counted.get(batchId) ?? { at: now, progress: countBatch(deps, batchId) };
    counted.set(batchId, known);
    try {
      return await known.progress;
    } catch (error) {
      counted.delete(batchId);
      throw error;
    }
  };
}

async function countBatch(deps: Pick<PipelineDeps, 'jobs'>, batchId: string): Promise<BatchProgress> {
  const counts = await deps.jobs.countByState(batchId);
  const count = (state: JobState): number => counts[state] ?? 0;
  const byState = {
    queued: count('queued'),
    running: count('running'),
    parked: count('parked'),
    completed: count('completed'),
    'dead-lettered': count('dead-lettered'),
    cancelled: count('cancelled'),
    expired: count('expired'),
  };
  const total = jobStates.reduce((sum, state) => sum + byState[state], 0);
  const ended = endedStates.reduce((sum, state) => sum + byState[state], 0);
  return { batchId, total, byState, isDone: total > 0 && ended === total };
}

/** The batch output lines of the jobs that have ended, as JSON, page by page: never the whole batch in memory. */
export async function* batchResults(
  deps: Pick<PipelineDeps, 'jobs' | 'payloads'>,
  batchId: string,
): AsyncGenerator<string, void> {
  let after: string | undefined;
  do {
    const page = await deps.jobs.list({ batchId, states: endedStates }, { size: resultsPage, after });
    for (const document of page.documents) {
      yield batchLine(document, await resultOf(deps, document));
    }
    after = page.next;
  } while (after !== undefined);
}
