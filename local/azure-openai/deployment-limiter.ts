import type { CostWindow } from './cost-window.ts';
import { FixedWindow } from './fixed-window.ts';
import { SlidingWindow } from './sliding-window.ts';

export interface Limits {
  readonly tokensPerMinute: number;
  readonly requestsPerMinute: number;
}

export interface LimiterShape {
  readonly tokenWindow: 'sliding' | 'fixed';
  readonly tokenWindowMs: number;
  readonly requestWindowSeconds: 1 | 10 | 60;
}

export type Verdict =
  | { readonly kind: 'admitted' }
  /** `waitMs` is until there is room if nothing else is admitted; `Infinity` when the cost exceeds the limit itself. */
  | { readonly kind: 'throttled'; readonly by: 'tokens' | 'requests'; readonly waitMs: number };

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

/**
 * The admission of one deployment, or of several that share a quota.
 *
 * - A1 A call is admitted only if its cost fits the token window and one request fits the request window, both at once.
 * - A2 What was admitted is never given back: not unused output, not a failed call.
 * - A3 In the sliding form no window of the length, at any phase, holds more than the limit.
 *
 * Sources: Azure OpenAI's quota page (MicrosoftDocs/azure-ai-docs, `how-to/quota`: an estimate is added to a running
 * count; requests are judged over 1 or 10 seconds) and the measurements in stuartleeks/aoai-testing (the token window
 * slides; unused `max_tokens` are not returned; the remaining requests are those of the slice). The request window
 * slides here, which is the strictest reading of "over 1 or 10 seconds".
 */
export class DeploymentLimiter {
  readonly shape: LimiterShape;
  #limits: Limits;
  #tokens: CostWindow;
  #requests: CostWindow;
  /** Always slides, so that a fixed window shows what a client got through around its turn. */
  #meter: SlidingWindow;
  #fullest = 0;

  constructor(shape: LimiterShape, limits: Limits) {
    this.shape = shape;
    this.#limits = limits;
    this.#meter = new SlidingWindow(shape.tokenWindowMs);
    this.#tokens = shape.tokenWindow === 'sliding' ? this.#meter : new FixedWindow(shape.tokenWindowMs);
    this.#requests = new SlidingWindow(shape.requestWindowSeconds * 1000);
  }

  get limits(): Limits {
    return this.#limits;
  }

  set limits(limits: Limits) {
    this.#limits = limits;
  }

  /** Largest cost admitted in any window of the token window's length ÷ the limit of that instant. */
  get fullestWindow(): number {
    return this.#fullest;
  }

  /** What `admit` would say, without taking anything. */
  judge(call: { readonly at: number; readonly cost: number }): Verdict {
    const tokenWait = this.#tokens.msUntil({ now: call.at, ceiling: this.#limits.tokensPerMinute - call.cost });
    if (tokenWait > 0) {
      return { kind: 'throttled', by: 'tokens', waitMs: tokenWait };
    }
    const requestWait = this.#requests.msUntil({ now: call.at, ceiling: this.#requestLimit() - 1 });
    return requestWait > 0 ? { kind: 'throttled', by: 'requests', waitMs: requestWait } : { kind: 'admitted' };
  }

  admit(call: { readonly at: number; readonly cost: number }): Verdict {
    const verdict = this.judge(call);
    if (verdict.kind === 'admitted') {
      this.restore(call);
      const ratio = this.#meter.sum(call.at) / Math.max(1, this.#limits.tokensPerMinute);
      this.#fullest = Math.max(this.#fullest, ratio);
    }
    return verdict;
  }

  /** Takes an admission of an earlier life without judging it. Call in the order of `at`. */
  restore(call: { readonly at: number; readonly cost: number }): void {
    this.#tokens.add(call);
    if (this.#meter !== this.#tokens) {
      this.#meter.add(call);
    }
    this.#requests.add({ at: call.at, cost: 1 });
  }

  restoreFullest(ratio: number): void {
    this.#fullest = Math.max(this.#fullest, ratio);
  }

  /** Empties the windows; the limits stay. */
  clear(): void {
    const empty = new DeploymentLimiter(this.shape, this.#limits);
    this.#meter = empty.#meter;
    this.#tokens = empty.#tokens;
    this.#requests = empty.#requests;
    this.#fullest = 0;
  }

  /** Cost in the token window now. */
  windowCost(now: number): number {
    return this.#tokens.sum(now);
  }

  windowRequests(now: number): { readonly count: number; readonly limit: number } {
    return { count: this.#requests.sum(now), limit: this.#requestLimit() };
  }

  standing(now: number): Standing {
    return {
      limitTokens: this.#limits.tokensPerMinute,
      remainingTokens: Math.max(0, this.#limits.tokensPerMinute - this.#tokens.sum(now)),
      resetTokensMs: this.#tokens.msUntil({ now, ceiling: 0 }),
      limitRequests: this.#limits.requestsPerMinute,
      remainingRequests: Math.max(0, this.#requestLimit() - this.#requests.sum(now)),
      resetRequestsMs: this.#requests.msUntil({ now, ceiling: 0 }),
    };
  }

  /** Most requests in one request window: at least one, or a small limit could never be used. */
  #requestLimit(): number {
    const { requestsPerMinute } = this.#limits;
    return requestsPerMinute <= 0
      ? 0
      : Math.max(1, Math.floor((requestsPerMinute * this.shape.requestWindowSeconds) / 60));
  }
}
