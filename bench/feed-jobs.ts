import { z } from 'zod';
import type { Stack } from '../local/start-stack.ts';
import { jobText } from './jobs.ts';
import { putOnQueue } from './put-on-queue.ts';

export interface JobShape {
  readonly prefix: string;
  readonly model: string;
  readonly bytes: number;
  /** Sizes that differ from job to job, by its number. */
  readonly bytesOf?: (number: number) => number;
  readonly maxTokens: number;
}

/** Numbers of the jobs to send: from ≤ number < to. */
export interface JobRange {
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
}

/** Puts the jobs straight onto the queue. */
export async function enqueueJobs(
  stack: Pick<Stack, 'environment'>,
  shape: JobShape,
  { from, to, signal }: JobRange,
): Promise<void> {
  await putOnQueue(stack, jobsOf(shape, { from, to }), signal);
}

function* jobsOf(shape: JobShape, { from, to }: Pick<JobRange, 'from' | 'to'>) {
  for (let number = from; number < to; number += 1) {
    yield { id: `${shape.prefix}-${number}`, text: jobText({ ...shape, number }) };
  }
}

const jobsPerPost = 500;
const mostPosts = 2;

/** Posts the jobs as NDJSON, two calls at once. @throws when a job is refused */
export async function postJobs(url: string, shape: JobShape, range: JobRange): Promise<void> {
  let next = range.from;
  const postOnAndOn = async (): Promise<void> => {
    while (next < range.to) {
      const from = next;
      next = Math.min(range.to, from + jobsPerPost);
      const lines: string[] = [];
      for (let number = from; number < next; number += 1) {
        lines.push(jobText({ ...shape, number, bytes: shape.bytesOf?.(number) ?? shape.bytes }));
      }
      const response = await fetch(`${url}/api/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.join('\n'),
        signal: range.signal,
      });
      const { rejected } = z.object({ rejected: z.number() }).parse(await response.json());
      if (response.status !== 202 || rejected > 0) {
        throw new Error(`The app refused ${rejected} of ${lines.length} jobs (${response.status}).`);
      }
    }
  };
  await Promise.all(Array.from({ length: mostPosts }, postOnAndOn));
}
