import { type ServiceSays, tokenWindowMs } from './bucket-limits.ts';
import { type BucketState, type Throttle, withCorrection } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';

/**
 * What an answer of the service changes in a bucket: the service is the authority. Pure.
 *
 * - S1 A limit in the headers below the configured one is put in force at once, and given up when the headers say so or
 *   nobody has confirmed it for two minutes.
 * - S2 A 429 of our quota stops every start of the bucket for a while: as long as the service asks, but at least a twelfth of
 *   the window (doubled by each further storm) and at most the whole of it. `retry-after` values of 1 s on a window of
 *   60 s, of −1 and of a day are seen in the wild.
 * - S3 An answer to a call that was sent before the last change was made tells nothing new: one storm is answered once.
 */
export function judgeAnswer(state: BucketState, call: CallObservation, nowMs: number): BucketState | undefined {
  const service = judgeLimits(state, call, nowMs);
  const throttle = judgeThrottle(state, call, nowMs);
  if (service === undefined && throttle === undefined) {
    return undefined;
  }
  return withCorrection(state, {
    ...(service === undefined ? {} : { service }),
    ...(throttle === undefined ? {} : { throttle }),
  });
}

/** How often a lowered limit is confirmed in the bucket, and how long it holds unconfirmed, in ms. */
const confirmEveryMs = 30_000;
const unconfirmedMs = 120_000;

function judgeLimits(state: BucketState, call: CallObservation, nowMs: number): ServiceSays | undefined {
  const { service, configured } = state;
  if (call.startedMs <= service.at) {
    return undefined;
  }
  const { limitTokens, limitRequests } = call.rateLimit;
  const tokensPerMinute = lowered(limitTokens, configured.tokensPerMinute, service.tokensPerMinute);
  // `remaining-requests` counts a slice of the minute: where the limit does so too, it is told as that of the slice.
  const ofSlice = Math.floor((configured.requestsPerMinute * configured.requestWindowSeconds) / 60);
  const requests = limitRequests === ofSlice ? configured.requestsPerMinute : limitRequests;
  const requestsPerMinute = lowered(requests, configured.requestsPerMinute, service.requestsPerMinute);
  const isSame = tokensPerMinute === service.tokensPerMinute && requestsPerMinute === service.requestsPerMinute;
  const isConfirmed = isTold(limitTokens, tokensPerMinute) || isTold(limitRequests, requestsPerMinute);
  if (!isSame) {
    return { ...service, tokensPerMinute, requestsPerMinute, at: nowMs, confirmedAt: nowMs };
  }
  return isConfirmed && nowMs - service.confirmedAt >= confirmEveryMs ? { ...service, confirmedAt: nowMs } : undefined;
}

/** A limit of zero or below is a lie; an absent one tells nothing. */
function lowered(told: number | undefined, configured: number, before: number | null): number | null {
  if (told === undefined || told <= 0) {
    return before;
  }
  return told < configured ? told : null;
}

function isTold(told: number | undefined, inForce: number | null): boolean {
  return inForce !== null && told === inForce;
}

/** The bucket without a lowered limit that no answer has confirmed for long; undefined while there is nothing to forget. */
export function forgetUnconfirmed(state: BucketState, nowMs: number): BucketState | undefined {
  const { tokensPerMinute, requestsPerMinute, confirmedAt, othersTokens, othersAt } = state.service;
  const isLowered = tokensPerMinute !== null || requestsPerMinute !== null;
  const isOld = isLowered && nowMs - confirmedAt >= unconfirmedMs;
  const isOthersOld = othersTokens > 0 && nowMs - othersAt >= unconfirmedMs;
  if (!isOld && !isOthersOld) {
    return undefined;
  }
  const limits = isOld ? { tokensPerMinute: null, requestsPerMinute: null, at: nowMs, confirmedAt: nowMs } : {};
  const others = isOthersOld ? { othersTokens: 0, othersAt: nowMs } : {};
  return withCorrection(state, { service: { ...state.service, ...limits, ...others } });
}

/** The least wait after a 429, as a part of the window. */
const floorPart = 1 / 12;

/** The least wait when the service itself is short of capacity, in ms. */
const capacityFloorMs = 1000;

const mostStrikes = 6;

function judgeThrottle(state: BucketState, call: CallObservation, nowMs: number): Throttle | undefined {
  const { throttle } = state;
  if (call.throttled === undefined || call.startedMs <= throttle.at) {
    return undefined;
  }
  const windowMs = windowOf(state, call);
  const isSoon = throttle.at > 0 && call.startedMs < throttle.untilMs + windowMs;
  const strikes = isSoon ? Math.min(throttle.strikes + 1, mostStrikes) : 0;
  const leastMs = call.throttled.scope === 'quota' ? windowMs * floorPart : Math.min(capacityFloorMs, windowMs);
  const askedMs = call.throttled.retryAfterMs ?? 0;
  const waitMs = Math.min(windowMs, Math.max(leastMs * 2 ** strikes, askedMs));
  return { untilMs: Math.ceil(Math.max(throttle.untilMs, nowMs + waitMs)), at: nowMs, strikes };
}

/** The window that the call met, in ms: that of the requests when the headers show it to be full, else that of the tokens. */
function windowOf(state: BucketState, call: CallObservation): number {
  const { remainingRequests, remainingTokens } = call.rateLimit;
  const isByRequests = remainingRequests !== undefined && remainingRequests <= 0 && (remainingTokens ?? 1) > 0;
  return isByRequests ? state.configured.requestWindowSeconds * 1000 : tokenWindowMs;
}
