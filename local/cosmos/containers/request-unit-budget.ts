/**
 * What a container may spend: so many request units a second. As on the service, a request is let in while the second
 * still has some left, whatever it then costs, and what it costs beyond that is taken off the seconds that follow.
 */
export class RequestUnitBudget {
  readonly requestUnitsPerSecond: number;
  #secondStartMs = 0;
  #spent = 0;
  #refused = 0;

  constructor(requestUnitsPerSecond: number) {
    this.requestUnitsPerSecond = requestUnitsPerSecond;
  }

  /** How long to wait, in ms, before a request is let in; undefined when it is let in now. */
  retryAfterMs(nowMs: number): number | undefined {
    this.#roll(nowMs);
    if (this.#spent < this.requestUnitsPerSecond) {
      return undefined;
    }
    this.#refused += 1;
    const seconds = Math.floor(this.#spent / this.requestUnitsPerSecond);
    return this.#secondStartMs + seconds * 1000 - nowMs;
  }

  spend(nowMs: number, charge: number): void {
    this.#roll(nowMs);
    this.#spent += charge;
  }

  /** How many requests were turned away. */
  get refused(): number {
    return this.#refused;
  }

  #roll(nowMs: number): void {
    const seconds = Math.floor((nowMs - this.#secondStartMs) / 1000);
    if (seconds > 0) {
      this.#secondStartMs += seconds * 1000;
      this.#spent = Math.max(0, this.#spent - seconds * this.requestUnitsPerSecond);
    }
  }
}
