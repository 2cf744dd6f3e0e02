import type { PerWindow } from './window-peaks.ts';

/** What somebody got from a limiter. */
export interface LimiterUse {
  readonly admitted: number;
  readonly admittedCost: number;
  /** By the window that they met. */
  readonly throttled429: PerWindow;
}

export const noUse: LimiterUse = { admitted: 0, admittedCost: 0, throttled429: { tokens: 0, requests: 0 } };

/** Running sums. */
export class MutableUse {
  #admitted = 0;
  #admittedCost = 0;
  #throttledByTokens = 0;
  #throttledByRequests = 0;

  admit(cost: number): void {
    this.#admitted += 1;
    this.#admittedCost += cost;
  }

  /** The cost of what was admitted is so much higher, or lower. */
  correct(difference: number): void {
    this.#admittedCost += difference;
  }

  throttle(by: 'tokens' | 'requests'): void {
    if (by === 'tokens') {
      this.#throttledByTokens += 1;
    } else {
      this.#throttledByRequests += 1;
    }
  }

  /** Adds what an earlier process saw. */
  restore(use: LimiterUse): void {
    this.#admitted += use.admitted;
    this.#admittedCost += use.admittedCost;
    this.#throttledByTokens += use.throttled429.tokens;
    this.#throttledByRequests += use.throttled429.requests;
  }

  read(): LimiterUse {
    return {
      admitted: this.#admitted,
      admittedCost: this.#admittedCost,
      throttled429: { tokens: this.#throttledByTokens, requests: this.#throttledByRequests },
    };
  }
}
