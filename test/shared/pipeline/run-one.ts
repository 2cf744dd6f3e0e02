import assert from 'node:assert/strict';
import { AppError } from '../../../shared/errors.ts';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import type { JobEnvelope } from '../../../shared/jobs/job-envelope.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import type { JobEnd } from '../../../shared/pipeline/end-job.ts';
import { runJob } from '../../../shared/pipeline/run-job.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import type { PipelineRig } from '../../fakes/pipeline-rig.ts';

export const away = new AppError('test.away', 'The service is away.', { isRetryable: true });

export const throttled: CallVerdict = { kind: 'throttled', scope: 'quota', retryAfterMs: 30_000 };
export const failed: CallVerdict = { kind: 'failed', code: 'server_error', message: 'It failed.' };
export const misconfigured: CallVerdict = { kind: 'misconfigured', code: '401', message: 'The key was refused.' };
export const refused: CallVerdict = {
  kind: 'refused',
  reason: 'ContextLengthExceeded',
  code: 'context_length_exceeded',
  message: 'The prompt is too long.',
  details: { windowTokens: 128_000 },
};

export async function submit(rig: PipelineRig, envelope: JobEnvelope): Promise<void> {
  const outcomes = await submitJobs(rig.process(), [{ envelope, fallbackId: 'x', batchId: undefined }], '');
  assert.equal(outcomes[0]?.kind, 'accepted');
}

/** Takes the next message off the pool's queue and runs it. */
export async function begin(
  rig: PipelineRig,
  deps: PipelineDeps,
  stopping = new AbortController().signal,
): Promise<JobEnd> {
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  const [message] = await deps.queue.receive(pool.queue, 1, 0);
  assert.ok(message !== undefined, 'a message is due');
  return runJob(deps, { pool, message, pump: '', stopping, onStart: () => undefined });
}

export async function runNext(rig: PipelineRig, deps = rig.process()): Promise<JobEnd> {
  return rig.clock.run(begin(rig, deps));
}

export function jobOf(rig: PipelineRig, id = 'a'): JobDocument {
  const found = rig.jobs.all().find((one) => one.id === id);
  assert.ok(found !== undefined);
  return found;
}

export function inQueue(rig: PipelineRig): number {
  return rig.queue.messages('jobs').length;
}
