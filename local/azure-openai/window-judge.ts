import type { CostWindow } from './cost-window.ts';
import { FixedWindow } from './fixed-window.ts';
import type { Limits } from './limit-plan.ts';
import type { CountsThrottled } from './settings.ts';
import { SlidingWindow } from './sliding-window.ts';
import type { PerWindow } from './window-peaks.ts';

export interface LimiterShape {
  readonly tokenWindow: 'sliding' | 'fixed';
  readonly tokenWindowMs: number;
  readonly requestWindowSeconds: 1 | 10 | 60;
  readonly countsThrottled: CountsThrottled;
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
}

/** The two windows by which a limiter judges, whoever calls. */
export class WindowJudge {
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

/** Most of one window. At least one request, or a small limit could never be used. */
export function windowLimit({ requestsPerMinute, tokensPerMinute }: Limits, shape: LimiterShape): PerWindow {
  const ofWindow = Math.floor((requestsPerMinute * shape.requestWindowSeconds) / 60);
  return { tokens: tokensPerMinute, requests: requestsPerMinute <= 0 ? 0 : Math.max(1, ofWindow) };
}
