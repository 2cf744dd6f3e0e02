import type { CostWindow } from './cost-window.ts';
import { FixedWindow } from './fixed-window.ts';
import type { Limits } from './limit-plan.ts';
import type { CountsThrottled } from '../settings.ts';
import { SlidingWindow } from './sliding-window.ts';
import type { PerWindow } from './window-peaks.ts';

export interface LimiterShape {
  readonly tokenWindow: 'sliding' | 'fixed';
  readonly tokenWindowMs: number;
  readonly requestWindowSeconds: 1 | 10 | 60;
  readonly countsThrottled: CountsThrottled;
  /** Of a provisioned deployment, which is judged by a leaky bucket instead: what fits into it at the limits in force. */
  readonly bucketMs?: number | undefined;
}

export interface Call {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cost: number;
}

export type Verdict = { readonly kind: 'admitted' } | Throttled;

interface Throttled {
  readonly kind: 'throttled';
  readonly by: 'tokens' | 'requests';
  /** Until there is room if nothing else is admitted; `Infinity` when the cost exceeds the limit itself. */
  readonly waitMs: number;
}

/** Where the windows stand now, as the response headers tell it. */
export interface Standing {
  readonly limitTokens: number;
  readonly remainingTokens: number;
  /** Until the token window is empty, if nothing is admitted. */
  readonly resetTokensMs: number;
  readonly limitRequests: number;
  /** Of the request *window*, not of the minute. */
  readonly remainingRequests: number;
  readonly resetRequestsMs: number;
  /** Of a provisioned deployment; 1 is 100 %. */
  readonly utilisation?: number | undefined;
}

/** What a limiter judges by, whoever calls. */
export interface Judge {
  readonly judge: (call: Call, limits: Limits) => Verdict;
  /** Until there is room for the call. */
  readonly waitMs: (call: Call, by: 'tokens' | 'requests', limits: Limits) => number;
  /** Holds an admitted call. */
  readonly take: (call: Call) => void;
  /** Holds of a throttled call what counts. */
  readonly takeThrottled: (call: Call) => void;
  /** An admitted call has come to so much more than was taken for it, or less. */
  readonly correct: (now: number, difference: number) => void;
  /** What is held now. */
  readonly held: (now: number) => PerWindow;
  readonly standing: (now: number, limits: Limits) => Standing;
}

/** The two windows by which a limiter judges, whoever calls. */
export class WindowJudge implements Judge {
  readonly #shape: LimiterShape;
  readonly #tokens: CostWindow;
  readonly #requests: CostWindow;

  constructor(shape: LimiterShape) {
    const TokenWindow = shape.tokenWindow === 'sliding' ? SlidingWindow : FixedWindow;
    this.#shape = shape;
    this.#tokens = new TokenWindow(shape.tokenWindowMs);
    this.#requests = new SlidingWindow(shape.requestWindowSeconds * 1000);
  }

  judge(call: Call, limits: Limits): Verdict {
    const tokenWait = this.waitMs(call, 'tokens', limits);
    if (tokenWait > 0) {
      return { kind: 'throttled', by: 'tokens', waitMs: tokenWait };
    }
    const requestWait = this.waitMs(call, 'requests', limits);
    return requestWait > 0 ? { kind: 'throttled', by: 'requests', waitMs: requestWait } : { kind: 'admitted' };
  }

  /** Until one of the windows has room for the call. */
  waitMs({ at: now, cost }: Call, by: 'tokens' | 'requests', limits: Limits): number {
    const limit = windowLimit(limits, this.#shape);
    return by === 'tokens'
      ? this.#tokens.msUntil({ now, ceiling: limit.tokens - cost })
      : this.#requests.msUntil({ now, ceiling: limit.requests - 1 });
  }

  /** Holds an admitted call. */
  take(call: Call): void {
    this.#tokens.add(call);
    this.#requests.add({ at: call.at, cost: 1 });
  }

  /** Holds of a throttled call what counts. */
  takeThrottled(call: Call): void {
    const { countsThrottled } = this.#shape;
    if (countsThrottled !== 'nowhere') {
      this.#requests.add({ at: call.at, cost: 1 });
    }
    if (countsThrottled === 'requests-and-tokens') {
      this.#tokens.add(call);
    }
  }

  /** What was taken is never given back. */
  correct(): void {
    return;
  }

  /** What the windows hold now. */
  held(now: number): PerWindow {
    return { tokens: this.#tokens.sum(now), requests: this.#requests.sum(now) };
  }

  standing(now: number, limits: Limits): Standing {
    const limit = windowLimit(limits, this.#shape);
    const held = this.held(now);
    return {
      limitTokens: limits.tokensPerMinute,
      remainingTokens: Math.max(0, limit.tokens - held.tokens),
      resetTokensMs: this.#tokens.msUntil({ now, ceiling: 0 }),
      limitRequests: limits.requestsPerMinute,
      remainingRequests: Math.max(0, limit.requests - held.requests),
      resetRequestsMs: this.#requests.msUntil({ now, ceiling: 0 }),
    };
  }
}

/** Most of one window, or of the bucket. At least one request, or a small limit could never be used. */
export function windowLimit({ requestsPerMinute, tokensPerMinute }: Limits, shape: LimiterShape): PerWindow {
  if (shape.bucketMs !== undefined) {
    return { tokens: Math.floor((tokensPerMinute * shape.bucketMs) / 60_000), requests: 0 };
  }
  const ofWindow = Math.floor((requestsPerMinute * shape.requestWindowSeconds) / 60);
  return { tokens: tokensPerMinute, requests: requestsPerMinute <= 0 ? 0 : Math.max(1, ofWindow) };
}
