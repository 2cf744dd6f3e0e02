import type { Random } from '../seeded-random.ts';
import type { NeighbourSettings } from '../settings.ts';

/**
 * Somebody else's calls on a limiter: a Poisson process, made up to the present whenever somebody asks, so that it
 * costs no timer and nothing while nobody looks.
 *
 * - N1 The calls, their times and costs depend on the random numbers and the settings alone, not on when it is asked …
 * - N2 … but after ten windows in which nobody asked only the last two are made up: what came before has left every
 *   window, and it is in no sum.
 */
export class Neighbour {
  readonly settings: NeighbourSettings;
  readonly #random: Random;
  readonly #until: number;
  readonly #windowMs: number;
  /** Calls a millisecond. */
  #rate = 0;
  /** The time from which `#owed` counts. */
  #at: number;
  /** Expected calls until the next one: drawn from the exponential distribution of mean 1. */
  #owed: number;
  #asked: number;

  constructor(facts: {
    readonly settings: NeighbourSettings;
    readonly random: Random;
    /** Epoch milliseconds from which its `fromMs` counts. */
    readonly since: number;
    /** The longest window of the limiter. */
    readonly windowMs: number;
  }) {
    const { settings, random, since, windowMs } = facts;
    this.settings = settings;
    this.#random = random;
    this.#windowMs = windowMs;
    this.#at = since + (settings.fromMs ?? 0);
    this.#until = this.#at + (settings.forMs ?? Number.POSITIVE_INFINITY);
    this.#owed = exponential(random);
    this.#asked = since;
  }

  /** From now on it asks for its share of so much cost a millisecond. */
  follow(now: number, costPerMs: number): void {
    if (now > this.#at) {
      this.#owed = Math.max(0, this.#owed - this.#rate * (now - this.#at));
      this.#at = now;
    }
    this.#rate = (this.settings.share * costPerMs) / this.#costPerCall;
  }

  /** Its next call, when that is not after `now`. In the order of time, at whole milliseconds. */
  next(now: number): { readonly at: number; readonly cost: number } | undefined {
    this.#skip(now);
    const time = this.#at + this.#owed / this.#rate;
    const at = Math.ceil(time);
    if (this.#rate === 0 || at > now || time >= this.#until) {
      return undefined;
    }
    this.#at = time;
    this.#owed = exponential(this.#random);
    return { at, cost: Math.max(1, Math.round(this.#costPerCall * (0.5 + this.#random()))) };
  }

  /** N2 */
  #skip(now: number): void {
    const from = now - 2 * this.#windowMs;
    if (now - this.#asked > 10 * this.#windowMs && this.#at + this.#owed / this.#rate < from) {
      this.#at = from;
      this.#owed = exponential(this.#random);
    }
    this.#asked = Math.max(this.#asked, now);
  }

  get #costPerCall(): number {
    return this.settings.costPerCall ?? 1000;
  }
}

function exponential(random: Random): number {
  return -Math.log1p(-random());
}
