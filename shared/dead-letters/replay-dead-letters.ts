import { AppError } from '../errors.ts';
import type { ReplaySelection } from '../jobs/dead-letter-selection.ts';
import { isDeadLetter, type JobDocument } from '../jobs/job-document.ts';
import type { JobPatch } from '../jobs/job-patch.ts';
import type { Stored } from '../stored.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { armFirstLane } from '../pipeline/arm-lanes.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { sendParked } from '../pipeline/end-job.ts';
import { inGroups } from './in-groups.ts';
import { planReplay, type ReplayDeps } from './plan-replay.ts';
import { selectDeadLetters } from './select-dead-letters.ts';
import { sendAgain } from '../pipeline/send-again.ts';
import { sweepJobs } from './sweep-dead-letters.ts';

/** Jobs that are replayed at once. */
const atOnce = 10;

/** Rounds against other writers before one job gives up. */
const mostRounds = 8;

export type ReplayOutcome = { readonly id: string } & (
  | { readonly kind: 'replayed' | 'would-replay' | 'unknown' | 'no-request' }
  | { readonly kind: 'not-a-dead-letter'; readonly state: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly description: string }
);

export interface Replayed {
  readonly outcomes: readonly ReplayOutcome[];
  readonly isMore: boolean;
  readonly next: string | undefined;
  /** Old messages that were taken out of the dead-letter queues; the timer's sweep takes the rest. */
  readonly messagesRemoved: number;
}

/**
 * Puts dead letters back onto their queues, under their ids and the next epoch. (a) The document, in one conditional write;
 * (b) the message, under the same id however often it is sent; (c) the old message goes. Killed in between, the same call
 * sends again, and so does the sweep (J2). A job that would be refused at once stays as it is.
 *
 * @throws AppError `cosmos.unavailable`, `queue.unavailable`, `queue.full`, `payloads.unavailable` (retryable): call again
 */
export async function replayDeadLetters(
  deps: ReplayDeps & Pick<PipelineDeps, 'lanes'>,
  selection: ReplaySelection,
  span: Span,
): Promise<Replayed> {
  const { ids, isMore, next } = await selectDeadLetters(deps, selection);
  const { patch, isDryRun } = selection;
  const outcomes = await inGroups(ids, atOnce, async (id) => replayOne(deps, { id, patch, isDryRun, span }));
  const replayed = new Set(outcomes.flatMap(({ id, kind }) => (kind === 'replayed' ? [id] : [])));
  if (replayed.size > 0) {
    await armFirstLane(deps, span.traceparent);
  }
  return { outcomes, isMore, next, messagesRemoved: await removeOld(deps, replayed, span) };
}

interface ReplayOne {
  readonly id: string;
  readonly patch: JobPatch | undefined;
  readonly isDryRun: boolean;
  readonly span: Span;
}

async function replayOne(deps: ReplayDeps, one: ReplayOne): Promise<ReplayOutcome> {
  const { id } = one;
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.jobs.read(id);
    if (stored === undefined || stored.document.erasedAt !== undefined) {
      return { id, kind: 'unknown' };
    }
    const { document } = stored;
    if (document.state === 'parked' && document.replays !== undefined && !one.isDryRun) {
      // A replay that was killed before it sent; or one that was not: the message's id makes no difference.
      const isSent = await sendAgain(deps, { document, span: one.span });
      return isSent ? { id, kind: 'replayed' } : { id, kind: 'not-a-dead-letter', state: document.state };
    }
    if (!isDeadLetter(document)) {
      return { id, kind: 'not-a-dead-letter', state: document.state };
    }
    const outcome = await replayStored(deps, one, stored);
    if (outcome !== 'conflict') {
      return outcome;
    }
  }
  throw new AppError('jobs.contended', `Replaying job ${id} met another writer ${mostRounds} times. Try again.`, {
    isRetryable: true,
  });
}

async function replayStored(
  deps: ReplayDeps,
  { id, patch, isDryRun, span }: ReplayOne,
  stored: Stored<JobDocument>,
): Promise<ReplayOutcome | 'conflict'> {
  const plan = await planReplay(deps, stored.document, patch);
  if (plan.kind !== 'ready') {
    return { id, ...plan };
  }
  if (isDryRun) {
    return { id, kind: 'would-replay' };
  }
  const { document, job, pool, request } = plan;
  if (request !== undefined) {
    await deps.payloads.put(job.requestRef ?? '', request);
  }
  if ((await deps.jobs.replace(document, stored.version)) === 'conflict') {
    return 'conflict';
  }
  await sendParked(deps, { pool, job, document, span });
  return { id, kind: 'replayed' };
}

/** The jobs run whether their old messages go now or with the next sweep. */
async function removeOld(deps: ReplayDeps, replayed: ReadonlySet<string>, span: Span): Promise<number> {
  try {
    return (await sweepJobs(deps, replayed, span)).removed;
  } catch (error) {
    if (!(error instanceof AppError && error.isRetryable)) {
      throw error;
    }
    deps.logFault('replay: the old messages are left to the sweep', error);
    return 0;
  }
}
