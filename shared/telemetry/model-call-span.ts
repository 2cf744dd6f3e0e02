import type { CallOutcome } from '../models/call-outcome.ts';
import type { Operation } from '../models/model-client.ts';
import { word } from './clean-fields.ts';
import { azureOpenAi, genAi, general, modelCallSpanName, sluice } from './names.ts';
import type { Fields } from './telemetry.ts';

/** What is known of a model call before it starts. */
export interface ModelCallStart {
  readonly operation: Operation;
  readonly model: string;
  readonly pool: string;
  readonly region: string;
  readonly deployment: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly isStreamed: boolean;
  readonly maxOutputTokens?: number | undefined;
  /** Host and port of the region's endpoint. */
  readonly server?: { readonly address: string; readonly port: number } | undefined;
}

/** Name and first fields of the CLIENT span of one model call. */
export function modelCallSpan(call: ModelCallStart): { readonly name: string; readonly fields: Fields } {
  return {
    name: modelCallSpanName(call.operation, call.model),
    fields: {
      [genAi.operationName]: call.operation,
      [genAi.providerName]: azureOpenAi,
      [genAi.requestModel]: call.model,
      [genAi.requestMaxTokens]: call.maxOutputTokens,
      [genAi.requestStream]: call.isStreamed,
      // With a method, Application Insights shows the call's status code and its target.
      [general.httpRequestMethod]: 'POST',
      [general.serverAddress]: call.server?.address,
      [general.serverPort]: call.server?.port,
      [sluice.pool]: call.pool,
      [sluice.region]: call.region,
      [sluice.deployment]: call.deployment,
      [sluice.jobId]: call.jobId,
      [sluice.attempt]: call.attempt,
    },
  };
}

/** What the outcome adds to that span, and its error type (undefined when the model answered). */
export function modelCallResult(outcome: CallOutcome): {
  readonly fields: Fields;
  readonly errorType: string | undefined;
} {
  const facts: Fields = {
    [sluice.outcome]: outcome.kind,
    [sluice.requestId]: word(outcome.requestId),
    [general.httpResponseStatusCode]: outcome.status,
    [genAi.responseTimeToFirstChunk]: seconds(outcome.timeToFirstChunkMs),
  };
  switch (outcome.kind) {
    case 'completed': {
      const { usage, finishReason, responseModel, responseId } = outcome.completion;
      const fields: Fields = {
        ...facts,
        [genAi.responseModel]: word(responseModel),
        [genAi.responseId]: word(responseId),
        [genAi.responseFinishReasons]: finishReason === undefined ? undefined : [word(finishReason) ?? 'other'],
        [genAi.usageInputTokens]: usage.promptTokens,
        [genAi.usageOutputTokens]: usage.completionTokens,
        [genAi.usageCacheReadInputTokens]: usage.cachedPromptTokens,
        [genAi.usageReasoningOutputTokens]: usage.reasoningTokens,
      };
      return { fields, errorType: undefined };
    }
    case 'throttled':
      return { fields: { ...facts, [sluice.retryAfterMs]: outcome.retryAfterMs }, errorType: 'throttled' };
    case 'refused': {
      const fields = { ...facts, [sluice.reason]: outcome.reason, [sluice.errorCode]: word(outcome.code) };
      return { fields, errorType: outcome.reason };
    }
    case 'misconfigured':
    case 'failed':
      return { fields: { ...facts, [sluice.errorCode]: word(outcome.code) }, errorType: outcome.kind };
    case 'aborted':
      return { fields: facts, errorType: 'aborted' };
  }
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
