/** The configured quota of a bucket. */
export interface BucketLimits {
  readonly tokensPerMinute: number;
  readonly requestsPerMinute: number;
  /** Seconds over which the request limit is judged. */
  readonly requestWindowSeconds: number;
  /** The part of the quota that is ours to use, 0 < share ≤ 1; others have the rest. */
  readonly share: number;
}

/**
 * What the service told of itself that makes the usable quota smaller than the configured one. Times in epoch ms of the
 * service's clock.
 */
export interface ServiceSays {
  /** Limits a minute of the whole deployment; null while they are not below the configured ones. */
  readonly tokensPerMinute: number | null;
  readonly requestsPerMinute: number | null;
  /** When these limits were last changed: an answer to a call that was sent before tells nothing new. */
  readonly at: number;
  /** When an answer last said so. What nobody confirms is forgotten. */
  readonly confirmedAt: number;
  /** Tokens in a window that the service counts and our own reservations do not explain. */
  readonly othersTokens: number;
  /** When that was last changed. */
  readonly othersAt: number;
}

export const serviceSaysNothing: ServiceSays = {
  tokensPerMinute: null,
  requestsPerMinute: null,
  at: 0,
  confirmedAt: 0,
  othersTokens: 0,
  othersAt: 0,
};

export const tokenWindowMs = 60_000;

/** A cell may take this many times its even share, so that a window is not spent in one burst. */
export const peak = 1.5;

/** However much others take, this share of the configured limit stays in use: its answers tell when they stop. */
const leastShare = 0.05;

/** Most that any window may admit now: tokens in a minute, requests in a request window. */
export interface LimitsInForce {
  readonly tokens: number;
  readonly requests: number;
}

/** What may be admitted: the smaller of what is configured and what the service says, our share of it, less what others take. */
export function limitsInForce(limits: BucketLimits, says: ServiceSays): LimitsInForce {
  const tokens = Math.min(limits.tokensPerMinute, says.tokensPerMinute ?? limits.tokensPerMinute);
  const requests = Math.min(limits.requestsPerMinute, says.requestsPerMinute ?? limits.requestsPerMinute);
  const ours = Math.min(tokens * limits.share, tokens - says.othersTokens);
  const least = Math.min(tokens, limits.tokensPerMinute * leastShare) * limits.share;
  return {
    tokens: Math.max(1, Math.floor(Math.max(ours, least))),
    requests: Math.max(1, Math.floor((requests * limits.share * limits.requestWindowSeconds) / 60)),
  };
}

/** How time is cut for these limits. */
export interface CellShape {
  readonly cellMs: number;
  /** What the cells of a window leave for clock error, late starts and the network, in ms. */
  readonly jitterMs: number;
}

/** A start this much after the end of its cell is too late (B3), in ms. */
export const latenessMs = 100;

/** What is left for the way to the service, in ms. */
const networkMs = 75;

/** The largest error of a worker's clock with which no window overflows (B2), in ms: 112, or 37 with the finer cells. */
export function clockErrorAllowedMs(limits: BucketLimits): number {
  return (cellsFor(limits).jitterMs - latenessMs - networkMs) / 2;
}

/** Fifth-second cells; finer ones where requests are judged over a single second. */
export function cellsFor(limits: BucketLimits): CellShape {
  return limits.requestWindowSeconds < 10 ? { cellMs: 125, jitterMs: 250 } : { cellMs: 200, jitterMs: 400 };
}
