import { LeakyBucket } from './leaky-bucket.ts';
import type { Limits } from './limit-plan.ts';
import { type Call, type Judge, type LimiterShape, type Standing, type Verdict, windowLimit } from './window-judge.ts';
import type { PerWindow } from './window-peaks.ts';

/**
 * Judges the calls of a provisioned deployment: a leaky bucket that runs out at the rate of its units.
 *
 * - V1 A call is admitted while utilisation is at most 100 %, whatever it costs; above that it is told how long until
 *   it no longer is.
 * - V2 An admitted call pours in its estimate; when it ends `correct` adds what it really cost above that, or takes back
 *   what it did not.
 *
 * Source: MicrosoftDocs/azure-ai-docs, `provisioned-throughput.md`, "How does the service decide when to send a 429".
 * How much a utilisation of 100 % holds is not documented; it is the `burstSeconds` of the settings.
 */
export class ProvisionedJudge implements Judge {
  readonly #shape: LimiterShape;
  readonly #bucket = new LeakyBucket();
  #perMs: number;

  constructor(shape: LimiterShape, limits: Limits) {
    this.#shape = shape;
    this.#perMs = limits.tokensPerMinute / 60_000;
  }

  judge(call: Call, limits: Limits): Verdict {
    const waitMs = this.waitMs(call, 'tokens', limits);
    return waitMs > 0 ? { kind: 'throttled', by: 'tokens', waitMs } : { kind: 'admitted' };
  }

  waitMs({ at }: Call, _by: 'tokens' | 'requests', limits: Limits): number {
    const above = this.#level(at, limits) - windowLimit(limits, this.#shape).tokens;
    return above <= 0 ? 0 : above / this.#perMs;
  }

  take(call: Call): void {
    this.#bucket.level(call.at, this.#perMs);
    this.#bucket.pour(call.cost);
  }

  /** A call turned away takes nothing. */
  takeThrottled(): void {
    return;
  }

  correct(now: number, difference: number): void {
    this.#bucket.level(now, this.#perMs);
    this.#bucket.pour(difference);
  }

  held(now: number): PerWindow {
    return { tokens: this.#bucket.level(now, this.#perMs), requests: 0 };
  }

  standing(now: number, limits: Limits): Standing {
    const level = this.#level(now, limits);
    const capacity = windowLimit(limits, this.#shape).tokens;
    return {
      limitTokens: limits.tokensPerMinute,
      remainingTokens: Math.max(0, capacity - level),
      resetTokensMs: this.#perMs === 0 ? 0 : level / this.#perMs,
      limitRequests: limits.requestsPerMinute,
      remainingRequests: limits.requestsPerMinute,
      resetRequestsMs: 0,
      utilisation: level / Math.max(1, capacity),
    };
  }

  #level(now: number, limits: Limits): number {
    this.#perMs = limits.tokensPerMinute / 60_000;
    return this.#bucket.level(now, this.#perMs);
  }
}
