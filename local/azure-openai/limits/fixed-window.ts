import type { CostWindow } from './cost-window.ts';

/** A count that starts again at every multiple of the length (epoch time): the documented running count of a minute. */
export class FixedWindow implements CostWindow {
  readonly lengthMs: number;
  #index = Number.NEGATIVE_INFINITY;
  #sum = 0;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
  }

  sum(now: number): number {
    this.#turn(now);
    return this.#sum;
  }

  add(entry: { readonly at: number; readonly cost: number }): void {
    this.#turn(entry.at);
    this.#sum += entry.cost;
  }

  msUntil(question: { readonly now: number; readonly ceiling: number }): number {
    if (this.sum(question.now) <= question.ceiling) {
      return 0;
    }
    return question.ceiling < 0
      ? Number.POSITIVE_INFINITY
      : Math.max(1, (this.#index + 1) * this.lengthMs - question.now);
  }

  #turn(now: number): void {
    const index = Math.floor(now / this.lengthMs);
    if (index > this.#index) {
      this.#index = index;
      this.#sum = 0;
    }
  }
}
