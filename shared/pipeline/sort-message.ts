import { messageIdOf } from '../jobs/job-id.ts';
import { type JobEnvelope, modelOf } from '../jobs/job-envelope.ts';
import { toMessageText } from '../jobs/job-message.ts';
import { choosePool } from '../pools/choose-pool.ts';
import type { Pool } from '../pools/pool.ts';
import { poolCost } from '../pools/pool-cost.ts';
import { queueOf } from '../pools/queue-of.ts';
import { parseTraceparent } from '../telemetry/traceparent.ts';
import type { PipelineDeps } from './deps.ts';
import { deadLetterInvalid } from './dead-letter-invalid.ts';
import { type JobRun, runJob } from './run-job.ts';
import { type ReadJob, readMessage } from './read-message.ts';
import { writeMessage, type WrittenMessage } from './write-message.ts';

/**
 * Sorts a message of the intake on to its pool's queue, under the same job id; a large request is stored first. One that no
 * pool serves, or that is no job, ends here.
 */
export async function sortMessage(
  deps: PipelineDeps,
  run: Omit<JobRun, 'pool'> & { readonly anyPool: Pool },
): Promise<void> {
  const { message, anyPool, ...rest } = run;
  const read = await readMessage(deps, message);
  const chosen = read.kind === 'job' ? poolOf(deps, read.job.envelope) : undefined;
  if (read.kind === 'invalid' || chosen === undefined) {
    await runJob(deps, { ...rest, message, pool: anyPool });
    return;
  }
  const { id, envelope, digest } = read.job;
  const written = await textOf(deps, read.job);
  if (written.kind === 'too-large') {
    await deadLetterInvalid(deps, message, { kind: 'invalid', id, problems: [written.problem] });
    return;
  }
  if (written.stored !== undefined) {
    await deps.payloads.put(written.stored.name, written.stored.text);
  }
  await deps.queue.send(queueOf(chosen, envelope.options?.priority), [
    {
      messageId: messageIdOf({ id, epoch: message.epoch, digest }, deps.sha256),
      text: written.text,
      epoch: message.epoch,
      // Any sender's, of any length: it must not take the message over what the queue takes.
      traceparent: parseTraceparent(message.traceparent) === undefined ? undefined : message.traceparent,
      costTokens: poolCost(chosen, envelope.request),
    },
  ]);
  await message.complete();
}

/** What it becomes may be too large for a message, though it came in one. */
async function textOf(deps: PipelineDeps, job: ReadJob): Promise<WrittenMessage> {
  const { requestRef } = job;
  return requestRef === undefined
    ? writeMessage(deps, job)
    : { kind: 'written', text: toMessageText({ ...job, request: { ref: requestRef } }), stored: undefined };
}

function poolOf(deps: PipelineDeps, envelope: JobEnvelope): Pool | undefined {
  const choice = choosePool(deps.pools, { model: modelOf(envelope.request), regions: envelope.options?.regions });
  return choice.kind === 'chosen' ? choice.pool : undefined;
}
