import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { readCounters } from '../watch-run.ts';
import type { JobCounts } from './job-counts.ts';
import type { StackProcess } from '../../local/start-processes.ts';

const lookEveryMs = 500;
const tellEveryMs = 15_000;
/** A run in which nothing ends for so long will not end by itself. */
const stuckMs = 100_000;
const firstCallWithinMs = 60_000;

interface Following {
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

const callsSchema = z.object({
  calls: z.array(z.object({ at: z.number(), clientRequestId: z.string() })),
});

/** When the service saw the first call of a job whose id begins with `prefix`, in epoch ms. @throws when none comes */
export async function firstCallOf(stack: StackProcess, prefix: string, { signal }: Following): Promise<number> {
  const until = performance.now() + firstCallWithinMs;
  while (performance.now() < until) {
    const response = await fetch(`${stack.adminUrl}/admin/calls?after=0&limit=1000`, { signal });
    const { calls } = callsSchema.parse(await response.json());
    const first = calls.find((call) => call.clientRequestId.startsWith(prefix));
    if (first !== undefined) {
      return first.at;
    }
    await delay(20, undefined, { signal });
  }
  throw new Error(`No model was called within ${firstCallWithinMs / 1000} s of the first job.`);
}

/** Waits until all of the jobs have ended, or nothing moves any more. */
export async function untilDrained(
  run: {
    readonly stack: StackProcess;
    readonly jobs: number;
    readonly counts: JobCounts;
    readonly firstCallMs: number;
  },
  { signal, tell }: Following,
): Promise<void> {
  let movedAt = performance.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  let before = -1;
  for (;;) {
    const { completed, throttled } = await readCounters(run.stack);
    const ended = completed >= run.jobs ? await run.counts.ended() : 0;
    if (ended >= run.jobs) {
      return;
    }
    const now = performance.now();
    movedAt = completed + ended === before ? movedAt : now;
    before = completed + ended;
    if (now - movedAt > stuckMs) {
      tell(`nothing has ended for ${stuckMs / 1000} s: ${completed} of ${run.jobs} jobs were answered`);
      return;
    }
    if (now - toldAt >= tellEveryMs) {
      toldAt = now;
      const seconds = Math.round((Date.now() - run.firstCallMs) / 1000);
      tell(`${seconds} s: ${completed} of ${run.jobs} jobs answered, ${throttled} × 429`);
    }
    await delay(lookEveryMs, undefined, { signal });
  }
}
