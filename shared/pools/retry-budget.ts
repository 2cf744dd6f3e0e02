/**
 * Bounds the retries of one deployment in one process, so that an outage is not amplified: a fifth of the jobs' first calls,
 * and one a second.
 *
 * R1 In any time t: retries ≤ 0.2 · first calls + t · one a second + `mostSaved`.
 */
const perFirstCall = 0.2;

/** With few calls a fifth of them is nothing. Each of a few processes has its own: together they make a few a second. */
const perSecond = 1;

/** What a quiet time saves up: an outage that begins meets no more than this at once. */
const mostSaved = 10;

export class RetryBudget {
  #saved = mostSaved;
  #at: number;

  /** @param now epoch ms */
  constructor(now: number) {
    this.#at = now;
  }

  /** A job's first call was made. */
  addFirstCall(): void {
    this.#saved = Math.min(mostSaved, this.#saved + perFirstCall);
  }

  /** Takes one retry, if there is one. */
  take(now: number): boolean {
    this.#saved = Math.min(mostSaved, this.#saved + (perSecond * Math.max(0, now - this.#at)) / 1000);
    this.#at = Math.max(this.#at, now);
    if (this.#saved < 1) {
      return false;
    }
    this.#saved -= 1;
    return true;
  }
}
