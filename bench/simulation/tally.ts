import type { Verdict } from '../../local/azure-openai/limits/window-judge.ts';
import { jainIndex } from './jain-index.ts';
import { WaitHistogram } from './wait-histogram.ts';

/** The window over which utilisation is looked at, in ms. */
const windowMs = 60_000;

/**
 * Counts what happened between two instants, as it happens.
 *
 * The utilisation is the mean fullness of all windows of a minute, at any phase, that lie in that time. Dividing what
 * was admitted by the time would depend on where the time begins: a bucket that is filled in bursts, one a window,
 * shows ten bursts in some spans of ten minutes and nine in others.
 */
export class Tally {
  readonly #fromMs: number;
  readonly #untilMs: number;
  /** Σ cost × for how long of the time that is looked at it lies in the window, and the same for requests. */
  #costTime = 0;
  #requestTime = 0;
  readonly #waits = new WaitHistogram();
  readonly #costByWorker: number[];
  #admitted = 0;
  #throttled = 0;
  #lastThrottledAt = Number.NEGATIVE_INFINITY;
  #missed = 0;

  constructor(span: { readonly fromMs: number; readonly untilMs: number; readonly workers: number }) {
    this.#fromMs = span.fromMs;
    this.#untilMs = span.untilMs;
    this.#costByWorker = Array.from({ length: span.workers }, () => 0);
  }

  /** A call arrived at the service. @param worker place of the worker: one that replaces another has its place */
  called(call: {
    readonly at: number;
    readonly cost: number;
    readonly worker: number;
    readonly verdict: Verdict;
  }): void {
    if (!this.#isIn(call.at)) {
      return;
    }
    if (call.verdict.kind === 'throttled') {
      this.#throttled += 1;
      this.#lastThrottledAt = call.at;
      return;
    }
    const heldMs = Math.min(call.at + windowMs, this.#untilMs) - Math.max(call.at, this.#fromMs + windowMs);
    this.#costTime += call.cost * heldMs;
    this.#requestTime += heldMs;
    this.#admitted += 1;
    this.#costByWorker[call.worker] = (this.#costByWorker[call.worker] ?? 0) + call.cost;
  }

  /** A job was about to be sent, `ms` after it could be pulled (or, when there are always more, after it was). */
  waited(at: number, ms: number): void {
    if (this.#isIn(at)) {
      this.#waits.add(ms);
    }
  }

  /** A start was thrown away (B3). */
  missed(): void {
    this.#missed += 1;
  }

  get counts(): { readonly admitted: number; readonly throttled: number; readonly missed: number } {
    return { admitted: this.#admitted, throttled: this.#throttled, missed: this.#missed };
  }

  /** Mean fullness of the windows, of the counter that binds: 0 to 1. */
  utilisation(limits: { readonly tokensPerMinute: number; readonly requestsPerMinute: number }): number {
    const fullest = Math.max(this.#costTime / limits.tokensPerMinute, this.#requestTime / limits.requestsPerMinute);
    return fullest / (this.#untilMs - this.#fromMs - windowMs);
  }

  /** Epoch ms of the last refused call; −∞ when there was none. */
  get lastThrottledAt(): number {
    return this.#lastThrottledAt;
  }

  get jain(): number {
    return jainIndex(this.#costByWorker);
  }

  waitQuantile(share: number): number {
    return this.#waits.quantile(share);
  }

  #isIn(at: number): boolean {
    return at > this.#fromMs && at <= this.#untilMs;
  }
}
