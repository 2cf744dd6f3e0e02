import type { CallOutcome } from '../models/call-outcome.ts';
import { word } from './clean-fields.ts';
import { eventNames } from './names.ts';
import type { Fields } from './telemetry.ts';

/** One model call, as the pipeline knows it once it has an outcome. */
export interface ModelCall {
  readonly jobId: string;
  readonly batchId?: string | undefined;
  readonly attempt: number;
  readonly pool: string;
  readonly region: string;
  readonly deployment: string;
  /** The model as configured for the pool, not as the job spelled it. */
  readonly model: string;
  readonly isStreamed: boolean;
  /** What the job waited for in this delivery before the call began: queue and quota, in milliseconds. */
  readonly waitMs: number;
  readonly outcome: CallOutcome;
}

export interface CompletionRecord {
  readonly eventName: string;
  readonly fields: Fields;
}

/**
 * The structured record of a model call: `ai_completion` when the model answered, else `ai_completion_error`.
 * Durations are milliseconds, counts are tokens as billed. No prompt, completion or message of a service is in it (T1).
 */
export function completionRecord(call: ModelCall): CompletionRecord {
  const common = commonFields(call);
  const { outcome } = call;
  if (outcome.kind !== 'completed') {
    return { eventName: eventNames.aiCompletionError, fields: { ...common, ...errorFields(outcome) } };
  }
  const { usage, finishReason, responseModel } = outcome.completion;
  return {
    eventName: eventNames.aiCompletion,
    fields: {
      ...common,
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      totalTokens: usage.totalTokens,
      cachedPromptTokens: usage.cachedPromptTokens,
      reasoningTokens: usage.reasoningTokens,
      isUsageEstimated: usage.isEstimated,
      finishReason: word(finishReason),
      responseModel: word(responseModel),
    },
  };
}

function commonFields(call: ModelCall): Fields {
  const { outcome } = call;
  return {
    requestId: word(outcome.requestId),
    jobId: call.jobId,
    batchId: call.batchId,
    attempt: call.attempt,
    pool: call.pool,
    region: call.region,
    deployment: call.deployment,
    model: call.model,
    streamed: call.isStreamed,
    outcome: outcome.kind,
    status: outcome.status,
    latencyMs: outcome.latencyMs,
    waitMs: call.waitMs,
    timeToFirstChunkMs: outcome.timeToFirstChunkMs,
  };
}

function errorFields(outcome: Exclude<CallOutcome, { readonly kind: 'completed' }>): Fields {
  switch (outcome.kind) {
    case 'throttled':
      return {
        scope: outcome.scope,
        retryAfterMs: outcome.retryAfterMs,
        remainingTokens: outcome.rateLimit.remainingTokens,
        remainingRequests: outcome.rateLimit.remainingRequests,
      };
    case 'refused':
      return { code: word(outcome.code), reason: outcome.reason };
    case 'misconfigured':
    case 'failed':
      return { code: word(outcome.code) };
    case 'aborted':
      return {};
  }
}
