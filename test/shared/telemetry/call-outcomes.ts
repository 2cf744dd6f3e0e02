import type { CallOutcome } from '../../../shared/models/call-outcome.ts';

/** Text that a user or a service wrote: none of it may be found in telemetry (T1). */
export const userText = 'my mother lives in Lyon & her key is sk-0';

const facts = {
  status: 200,
  requestId: '0d1f3c3e-0000-4000-8000-00000000abcd',
  latencyMs: 812.5,
  timeToFirstChunkMs: undefined,
  rateLimit: {
    limitTokens: 10_000,
    remainingTokens: 9000,
    limitRequests: 60,
    remainingRequests: 59,
  },
} as const;

export const completedCall: Extract<CallOutcome, { readonly kind: 'completed' }> = {
  ...facts,
  kind: 'completed',
  completion: {
    body: { choices: [{ message: { content: userText } }] },
    usage: {
      promptTokens: 100,
      completionTokens: 20,
      totalTokens: 120,
      cachedPromptTokens: 64,
      reasoningTokens: 8,
      isEstimated: false,
    },
    finishReason: 'stop',
    responseModel: 'gpt-4o-2024-11-20',
    responseId: 'chatcmpl-1',
  },
};

export const failedCalls: readonly Exclude<CallOutcome, { readonly kind: 'completed' }>[] = [
  { ...facts, status: 429, kind: 'throttled', scope: 'quota', retryAfterMs: 2000 },
  {
    ...facts,
    status: 400,
    kind: 'refused',
    reason: 'ContentFiltered',
    code: 'content_filter',
    message: userText,
    details: { text: userText },
  },
  { ...facts, status: 404, kind: 'misconfigured', code: 'DeploymentNotFound', message: userText },
  { ...facts, status: undefined, requestId: userText, kind: 'failed', code: userText, message: userText },
  { ...facts, status: undefined, kind: 'aborted' },
];
