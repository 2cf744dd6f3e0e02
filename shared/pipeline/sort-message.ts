import { messageIdOf } from '../jobs/job-id.ts';
import { type JobEnvelope, modelOf } from '../jobs/job-envelope.ts';
import { toMessageText } from '../jobs/job-message.ts';
import { choosePool } from '../pools/choose-pool.ts';
import type { Pool } from '../pools/pool.ts';
import { poolCost } from '../pools/pool-cost.ts';
import { queueOf } from '../pools/queue-of.ts';
import type { PipelineDeps } from './deps.ts';
import { type JobRun, runJob } from './run-job.ts';
import { readMessage } from './read-message.ts';

/**
 * Sorts a message of the intake on to its pool's queue, under the same job id. One that no pool serves, or that is no
 * job, ends here.
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
  const { id, envelope, digest, requestRef } = read.job;
  const request = requestRef === undefined ? { inline: envelope.request } : { ref: requestRef };
  await deps.queue.send(queueOf(chosen, envelope.options?.priority), [
    {
      messageId: messageIdOf({ id, epoch: message.epoch, digest }, deps.sha256),
      text: toMessageText({ id, envelope, digest, request }),
      epoch: message.epoch,
      traceparent: message.traceparent,
      costTokens: poolCost(chosen, envelope.request),
    },
  ]);
  await message.complete();
}

function poolOf(deps: PipelineDeps, envelope: JobEnvelope): Pool | undefined {
  const choice = choosePool(deps.pools, { model: modelOf(envelope.request), regions: envelope.options?.regions });
  return choice.kind === 'chosen' ? choice.pool : undefined;
}
