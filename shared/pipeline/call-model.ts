import type { JobAttempt } from '../jobs/job-document.ts';
import { isStreamed, type JobRequest, operationOf } from '../jobs/job-envelope.ts';
import type { CallOutcome } from '../models/call-outcome.ts';
import { longestRetryAfterMs } from '../pools/judge-call.ts';
import type { Pool, PoolDeployment } from '../pools/pool.ts';
import { completionRecord } from '../telemetry/completion-record.ts';
import { modelCallResult, modelCallSpan } from '../telemetry/model-call-span.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { requestedOutputTokens } from '../tokens/estimate-cost.ts';
import type { PipelineDeps } from './deps.ts';
import type { ReadJob } from './read-message.ts';

export interface ModelCallInput {
  readonly job: ReadJob;
  /** What is sent of it. */
  readonly request: JobRequest;
  readonly pool: Pool;
  readonly where: PoolDeployment;
  readonly attempt: number;
  /** What the job waited for its start, in ms. */
  readonly waitMs: number;
  readonly parent: Span;
  readonly signal: AbortSignal;
}

/** Calls the model once and tells about it: one span, one structured record. */
export async function callModel(
  deps: Pick<PipelineDeps, 'models' | 'telemetry' | 'settings' | 'clock' | 'reserver' | 'health'>,
  input: ModelCallInput,
): Promise<{ readonly outcome: CallOutcome; readonly attempt: JobAttempt }> {
  const { job, request, pool, where, attempt } = input;
  const operation = operationOf(request);
  const isStream = operation === 'chat' && isStreamed(job.envelope);
  const at = deps.clock.now();
  const common = { pool: pool.name, region: where.region, deployment: where.deployment, jobId: job.id, attempt };
  const maxOutputTokens = requestedOutputTokens(request.body);
  const start = modelCallSpan({ ...common, operation, model: pool.model, isStreamed: isStream, maxOutputTokens });
  const span = deps.telemetry.startSpan(start.name, {
    kind: 'client',
    parent: input.parent.traceparent,
    fields: start.fields,
  });
  const startedMs = deps.reserver.now();
  const outcome = await deps.models.call(
    {
      region: where.region,
      deployment: where.deployment,
      operation,
      body: request.body,
      isStreamed: isStream,
      clientRequestId: job.id,
      timeoutMs: deps.settings.callTimeoutMs,
    },
    input.signal,
  );
  learn(deps, { where, startedMs, outcome });
  deps.health.report(where, { jobId: job.id, isFirst: attempt === 1, startedMs, outcome });
  const { fields, errorType } = modelCallResult(outcome);
  span.setFields(fields);
  const { batchId } = job.envelope;
  const called = { ...common, batchId, model: pool.model, isStreamed: isStream, waitMs: input.waitMs, outcome };
  const record = completionRecord(called);
  deps.telemetry.record(record.eventName, record.fields, span);
  span.end(errorType === undefined ? {} : { errorType });
  return { outcome, attempt: toAttempt(outcome, input, at) };
}

/** The service is the authority on its limits: what the answer says of them reaches the bucket. */
function learn(
  deps: Pick<PipelineDeps, 'reserver'>,
  call: { readonly where: PoolDeployment; readonly startedMs: number; readonly outcome: CallOutcome },
): void {
  const { where, startedMs, outcome } = call;
  const retryAfterMs = outcome.kind === 'throttled' ? outcome.retryAfterMs : undefined;
  // The deployment's breaker opens then: no pacing could end such a wait.
  const isForLong = (retryAfterMs ?? 0) > longestRetryAfterMs;
  const throttled =
    outcome.kind === 'throttled'
      ? { scope: outcome.scope, retryAfterMs: isForLong ? undefined : retryAfterMs }
      : undefined;
  deps.reserver.observe(where.bucketId, { startedMs, rateLimit: outcome.rateLimit, throttled });
}

function toAttempt(outcome: CallOutcome, input: ModelCallInput, at: number): JobAttempt {
  const { where, waitMs } = input;
  return {
    at,
    region: where.region,
    deployment: where.deployment,
    outcome: outcome.kind,
    waitMs,
    latencyMs: outcome.latencyMs,
    ...('code' in outcome ? { code: outcome.code } : {}),
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...(outcome.requestId === undefined ? {} : { requestId: outcome.requestId }),
  };
}
