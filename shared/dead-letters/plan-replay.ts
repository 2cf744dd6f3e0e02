import type { DeadLetterReason } from '../jobs/dead-letter-reason.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import { deadlineOf, type JobEnvelope, type JobRequest, modelOf } from '../jobs/job-envelope.ts';
import { type JobPatch, patchEnvelope } from '../jobs/job-patch.ts';
import { replayJob } from '../jobs/job-transitions.ts';
import { writeJson } from '../json/write-json.ts';
import { requestName } from '../payloads/payload-name.ts';
import type { Pool } from '../pools/pool.ts';
import { poolCost } from '../pools/pool-cost.ts';
import { checkJob, type JobFigures } from '../pipeline/check-job.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { digestOf, type ReadJob } from '../pipeline/read-message.ts';
import { storedJob } from '../pipeline/stored-job.ts';

export type ReplayPlan =
  /** `document` is to be written, and then `job` sent to `pool`. */
  | {
      readonly kind: 'ready';
      readonly document: JobDocument;
      readonly job: ReadJob;
      readonly pool: Pool;
      /** The request, when it is not stored under its name yet. */
      readonly request: string | undefined;
    }
  /** Its request is not stored any more: it has to be submitted anew. */
  | { readonly kind: 'no-request' }
  /** It would be dead-lettered again at once. */
  | { readonly kind: 'refused'; readonly reason: DeadLetterReason; readonly description: string };

export type ReplayDeps = Pick<
  PipelineDeps,
  | 'jobs'
  | 'queue'
  | 'payloads'
  | 'sha256'
  | 'pools'
  | 'catalogue'
  | 'counter'
  | 'yieldToEventLoop'
  | 'clock'
  | 'settings'
  | 'logFault'
>;

/** What a replay of a dead letter would be, with the patch laid over its job. Changes nothing. */
export async function planReplay(
  deps: ReplayDeps,
  document: JobDocument,
  patch: JobPatch | undefined,
): Promise<ReplayPlan> {
  const stored = await storedJob(deps, document);
  if (stored === undefined) {
    return { kind: 'no-request' };
  }
  const takesNewerField = (model: string): boolean => deps.catalogue.find(model)?.usesMaxCompletionTokens ?? false;
  const patched = patchEnvelope(stored.envelope, patch ?? {}, takesNewerField);
  if (patched.kind === 'invalid') {
    const description = patched.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    return { kind: 'refused', reason: 'InvalidJob', description };
  }
  const { envelope } = patched;
  const deadline = patch?.deadline === undefined ? undefined : deadlineOf(envelope);
  if (deadline !== undefined && deadline <= deps.clock.now()) {
    return { kind: 'refused', reason: 'Expired', description: 'patch.deadline is over already.' };
  }
  const check = await checkJob(deps, envelope);
  if (check.kind === 'refused') {
    const { reason, description } = check.deadLetter;
    return { kind: 'refused', reason, description };
  }
  return ready(deps, { document, stored, envelope, deadline, patch, figures: check });
}

async function ready(
  deps: ReplayDeps,
  plan: {
    readonly document: JobDocument;
    readonly stored: ReadJob;
    readonly envelope: JobEnvelope;
    readonly deadline: number | undefined;
    readonly patch: JobPatch | undefined;
    readonly figures: JobFigures;
  },
): Promise<ReplayPlan> {
  const { envelope, figures, deadline, patch } = plan;
  const { pool, promptTokens, worstCaseTokens, fitting } = figures;
  const { id, requestRef: storedRef } = plan.stored;
  const digest = await digestOf(deps, envelope);
  const requestRef = requestName(id, digest);
  const { priority: _priority, options: _options, ...rest } = plan.document;
  const { options } = envelope;
  const change = {
    digest,
    requestRef,
    pool: pool.name,
    model: modelOf(envelope.request),
    promptTokens,
    worstCaseTokens,
    costTokens: poolCost(pool, figures.request),
    ...(fitting === undefined ? {} : { fitting }),
    ...(options === undefined ? {} : { options }),
    ...(options?.priority === 'high' ? { priority: options.priority } : {}),
    ...(deadline === undefined ? {} : { deadline }),
    ...(patch === undefined ? {} : { patch: toPatchFields(patch) }),
  };
  const request = requestRef === storedRef ? undefined : await textOf(deps, envelope.request);
  const document = replayJob(rest, change, deps.clock.now());
  return { kind: 'ready', document, job: { id, envelope, digest, requestRef }, pool, request };
}

function toPatchFields(patch: JobPatch): Record<string, string | number | readonly string[]> {
  return Object.fromEntries(
    Object.entries(patch).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

async function textOf(deps: Pick<PipelineDeps, 'yieldToEventLoop'>, request: JobRequest): Promise<string> {
  return (await writeJson(request, deps.yieldToEventLoop)).text;
}
