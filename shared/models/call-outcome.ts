import type { JsonObject } from '../json.ts';

/** What one call to a model led to. Only the models room knows status codes; the pipeline switches on `kind`. */
export type CallOutcome = CallFacts & CallVerdict;

/** The outcome without the facts of the call that led to it. */
export type CallVerdict =
  | { readonly kind: 'completed'; readonly completion: Completion }
  /** 429: not the job's fault. `quota`: our limit; `capacity`: theirs. `retryAfterMs` as sent, undefined when absent. */
  | { readonly kind: 'throttled'; readonly scope: 'quota' | 'capacity'; readonly retryAfterMs: number | undefined }
  /** Will never succeed as it stands (J4). */
  | {
      readonly kind: 'refused';
      readonly reason: 'ContextLengthExceeded' | 'ContentFiltered' | 'InvalidRequest';
      readonly code: string;
      readonly message: string;
      readonly details: JsonObject;
    }
  /** 401, 403, 404: the deployment's configuration is wrong (J5), never the job. */
  | { readonly kind: 'misconfigured'; readonly code: string; readonly message: string }
  /** 408, 5xx, time-outs, cut and stalled streams, answers that make no sense: may succeed later or elsewhere. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** The caller's signal was aborted. */
  | { readonly kind: 'aborted' };

interface CallFacts {
  /** HTTP status, undefined when none came. */
  readonly status: number | undefined;
  /** `apim-request-id`: the id to give to support. */
  readonly requestId: string | undefined;
  readonly latencyMs: number;
  /** Streamed calls: from the start to the first chunk with content. */
  readonly timeToFirstChunkMs: number | undefined;
  readonly rateLimit: RateLimitFacts;
}

/** The `x-ratelimit-*` headers as numbers; undefined where absent or not a number. Values ≤ 0 are passed on as sent. */
export interface RateLimitFacts {
  readonly limitTokens: number | undefined;
  readonly remainingTokens: number | undefined;
  readonly limitRequests: number | undefined;
  readonly remainingRequests: number | undefined;
}

export interface Completion {
  /** The response body as a non-streamed call gives it (`chat.completion` or `list` of embeddings). */
  readonly body: JsonObject;
  /** The body as JSON on one line, as it came; absent where it was put together from a stream. */
  readonly text?: string;
  readonly usage: Usage;
  readonly finishReason: string | undefined;
  readonly responseModel: string | undefined;
  readonly responseId: string | undefined;
}

/** Tokens as the service billed them. Counted by ourselves, and marked so, when a stream was sent without usage. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  readonly cachedPromptTokens: number;
  readonly reasoningTokens: number;
  readonly isEstimated: boolean;
}
