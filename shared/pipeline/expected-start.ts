import { AppError } from '../errors.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import { addBacklogs } from '../pools/add-backlogs.ts';
import type { Backlog } from '../pools/job-queue.ts';
import type { Pool } from '../pools/pool.ts';
import { queueWaitMs } from '../pools/queue-wait.ts';
import type { PipelineDeps } from './deps.ts';
import { expectedWaitMs } from './expected-wait.ts';
import { likelyBuckets } from './usable-buckets.ts';
import { within } from './within.ts';

/** A caller waits no longer than this for an estimate, in ms. */
const longestAskMs = 1000;

type StartDeps = Pick<PipelineDeps, 'queue' | 'pools' | 'reserver' | 'health' | 'switches' | 'clock' | 'logFault'>;

export type Priority = 'normal' | 'high' | undefined;

/**
 * What waits ahead of a job at the end of its queue, or of one that came at `enqueuedBefore` (epoch ms). Jobs of high
 * priority go before the others, whenever they came. `undefined` when the queues do not tell: no call fails for it.
 */
export async function queueAhead(
  deps: StartDeps,
  place: { readonly pool: Pool; readonly priority: Priority; readonly enqueuedBefore?: number },
): Promise<Backlog | undefined> {
  const { pool, priority, enqueuedBefore } = place;
  const until = enqueuedBefore === undefined ? {} : { enqueuedBefore };
  const { backlog } = deps.queue;
  const ask = async (): Promise<readonly Backlog[]> =>
    priority === 'high'
      ? [await backlog(pool.highQueue, until)]
      : Promise.all([backlog(pool.highQueue), backlog(pool.queue, until)]);
  return unlessAway(deps, async () => addBacklogs(await ask()));
}

/** When a job with so much ahead of it starts, in epoch ms; `undefined` when its pool starts nothing now. */
export async function startBehind(
  deps: StartDeps,
  job: { readonly pool: Pool; readonly ahead: Backlog; readonly costTokens: number },
): Promise<number | undefined> {
  const { pool, ahead, costTokens } = job;
  const promisedMs = await unlessAway(deps, async () => expectedWaitMs(deps, pool, costTokens));
  const now = deps.clock.now();
  const queuedMs = queueWaitMs({ ahead, buckets: likelyBuckets(deps, pool), costTokens, now });
  const waitMs = promisedMs === undefined || queuedMs === undefined ? undefined : Math.max(promisedMs, queuedMs);
  return waitMs === undefined || !Number.isFinite(waitMs) ? undefined : Math.round(now + waitMs);
}

/**
 * When a job that waits is expected to start, in epoch ms: a queued one by when it came, a parked one when it is due at the
 * earliest, behind what waits by then. Of a running one nothing is known: it may wait for its reserved start, or be called.
 */
export async function expectedStartOf(deps: StartDeps, document: JobDocument): Promise<number | undefined> {
  const { state, priority, createdAt, dueAt = createdAt, costTokens = document.worstCaseTokens ?? 1 } = document;
  const pool = deps.pools.find(({ name }) => name === document.pool);
  if (pool === undefined || (state !== 'queued' && state !== 'parked')) {
    return undefined;
  }
  const cameAt = state === 'parked' ? dueAt : createdAt;
  const place = cameAt > deps.clock.now() ? { pool, priority } : { pool, priority, enqueuedBefore: cameAt };
  const ahead = await queueAhead(deps, place);
  const startAt = ahead === undefined ? undefined : await startBehind(deps, { pool, ahead, costTokens });
  return startAt === undefined ? undefined : Math.max(cameAt, startAt);
}

/** An estimate is worth no failure, and no long wait. */
async function unlessAway<Result>(
  deps: Pick<PipelineDeps, 'clock' | 'logFault'>,
  ask: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await within(deps.clock, longestAskMs, ask);
  } catch (error) {
    if (!(error instanceof AppError)) {
      throw error;
    }
    deps.logFault('estimating a start', error);
    return undefined;
  }
}
