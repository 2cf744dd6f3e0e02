import { addBacklogs } from '../pools/add-backlogs.ts';
import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { type Priority, queueAhead, startBehind } from './expected-start.ts';

interface OutgoingJob {
  readonly queue: string;
  readonly priority: Priority;
  readonly costTokens: number;
  readonly figures: { readonly pool: Pool };
}

/**
 * When jobs that are about to be sent will start, in epoch ms: each behind what is there, and behind those of its queue that
 * are sent before it. Asks each queue once.
 */
export async function expectedStarts<Job extends OutgoingJob>(
  deps: PipelineDeps,
  outgoing: readonly Job[],
): Promise<ReadonlyMap<Job, number>> {
  const starts = new Map<Job, number>();
  const byQueue = Map.groupBy(outgoing, ({ queue }) => queue);
  await Promise.all(
    [...byQueue.values()].map(async (jobs) => {
      for (const { job, startAt } of await startsInQueue(deps, jobs)) {
        if (startAt !== undefined) {
          starts.set(job, startAt);
        }
      }
    }),
  );
  return starts;
}

async function startsInQueue<Job extends OutgoingJob>(
  deps: PipelineDeps,
  jobs: readonly Job[],
): Promise<readonly { readonly job: Job; readonly startAt: number | undefined }[]> {
  const [first] = jobs;
  const there =
    first === undefined ? undefined : await queueAhead(deps, { pool: first.figures.pool, priority: first.priority });
  if (there === undefined) {
    return [];
  }
  return Promise.all(
    jobs.map(async (job, place) => {
      const { costTokens, figures } = job;
      const ahead = addBacklogs([there, { ...there, ...totalOf(jobs.slice(0, place)) }]);
      return { job, startAt: await startBehind(deps, { pool: figures.pool, ahead, costTokens }) };
    }),
  );
}

function totalOf(jobs: readonly OutgoingJob[]): { readonly messages: number; readonly costTokens: number } {
  return { messages: jobs.length, costTokens: jobs.reduce((sum, { costTokens }) => sum + costTokens, 0) };
}
