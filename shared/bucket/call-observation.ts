/** What a call to a model told about its quota. */
export interface CallObservation {
  /** When it was sent, by the service's clock, in epoch ms. */
  readonly startedMs: number;
  /** The `x-ratelimit-*` headers as sent, lies included; undefined where absent. */
  readonly rateLimit: {
    readonly limitTokens: number | undefined;
    readonly remainingTokens: number | undefined;
    readonly limitRequests: number | undefined;
    readonly remainingRequests: number | undefined;
  };
  /** A 429: `quota`: our limit; `capacity`: theirs. */
  readonly throttled?: { readonly scope: 'quota' | 'capacity'; readonly retryAfterMs: number | undefined } | undefined;
}
