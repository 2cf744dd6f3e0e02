import { putOnQueue } from '../put-on-queue.ts';
import { type TraceJob, traceJobText } from './trace.ts';
import { type PacingSystem, pacingModel } from './start-system.ts';

/**
 * Gives a system its load: one job to each process over HTTP, which wakes a lane each, and the others straight onto the
 * queue, in batches, as another service would.
 */
export async function feedLoad(system: PacingSystem, jobs: readonly TraceJob[], signal: AbortSignal): Promise<void> {
  const posted = jobs.slice(0, system.apps.length);
  await Promise.all(posted.map(async (job, index) => postJob(system.apps[index]?.url ?? '', job, signal)));
  const others = jobs.slice(posted.length).map((job) => ({ id: job.id, text: traceJobText(job, pacingModel) }));
  await putOnQueue(system.stack, others, signal);
}

async function postJob(url: string, job: TraceJob, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: traceJobText(job, pacingModel),
    signal,
  });
  if (response.status !== 202) {
    throw new Error(`The app refused job ${job.id} (${response.status}): ${await response.text()}`);
  }
}
