import { setTimeout as delay } from 'node:timers/promises';
import type { AdminApi, RegionWindow } from './admin-api.ts';
import type { AppApi, BatchProgress, Refusal } from './app-api.ts';
import type { IntakeQueue } from './intake-queue.ts';
import type { RunView } from './progress-view.ts';
import type { BatchLine } from './read-batch-file.ts';

export interface FollowedRun {
  readonly app: AppApi;
  readonly admin: AdminApi;
  readonly queue: IntakeQueue;
  readonly batchId: string;
  readonly lines: readonly BatchLine[];
  /** Grows while lines are submitted. */
  readonly refused: ReadonlyMap<number, Refusal>;
  readonly isSubmitted: () => boolean;
  readonly show: (view: RunView) => void;
  /** By `performance.now()`. */
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 500;

/** Shows where the run stands until every line has ended, or until the deadline. */
export async function followRun(run: FollowedRun): Promise<'ended' | 'late'> {
  let regions: readonly RegionWindow[] = [];
  let progress: BatchProgress | undefined;
  let jobless = 0;
  while (performance.now() < run.deadlineMs) {
    const [latest, windows] = await Promise.all([run.app.progress(run.batchId), run.admin.windows()]);
    run.signal.throwIfAborted();
    progress = latest ?? progress;
    regions = windows ?? regions;
    const view = viewOf(run, { progress, regions, jobless });
    run.show(view);
    if (run.isSubmitted() && view.done + view.deadLettered >= run.lines.length) {
      return 'ended';
    }
    if (run.isSubmitted() && progress?.isDone !== false) {
      // Whatever is missing may have been dead-lettered before it became a job.
      jobless = await countJobless(run);
    }
    await delay(lookEveryMs, undefined, { signal: run.signal });
  }
  return 'late';
}

function viewOf(
  run: FollowedRun,
  seen: {
    readonly progress: BatchProgress | undefined;
    readonly regions: readonly RegionWindow[];
    readonly jobless: number;
  },
): RunView {
  const count = (state: string): number => seen.progress?.byState[state] ?? 0;
  const ended = count('dead-lettered') + count('cancelled') + count('expired');
  return {
    lines: run.lines.length,
    done: count('completed'),
    running: count('running'),
    deadLettered: ended + run.refused.size + seen.jobless,
    seconds: (performance.now() - run.startedMs) / 1000,
    regions: seen.regions,
  };
}

async function countJobless(run: FollowedRun): Promise<number> {
  const dead = await run.queue.deadLetters(run.batchId);
  const lines = run.lines.filter((line) => dead.has(line.number));
  const known = await Promise.all(lines.map(async (line) => run.app.isKnown(`${run.batchId}:${line.customId}`)));
  return known.filter((isKnown) => !isKnown).length;
}
