import { type BucketLimits, clockErrorAllowedMs } from './bucket-limits.ts';
import { type BucketState, hasLimits, openBucket, withLimits } from './bucket-state.ts';
import type { ApplyOutcome, BucketStore } from './bucket-store.ts';
import type { SlicePlan } from './plan-slice.ts';
import type { ServiceClock } from './service-clock.ts';

export interface ExchangeDeps {
  readonly clock: ServiceClock;
  readonly store: BucketStore;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

const longestBackoffMs = 4000;

/** A bucket that others wrote to is taken as shared for so long, in ms. */
const sharedForMs = 1_800_000;

/** Looks before a start that may be saved up, and what each reserved job adds: a hundredth of an operation a job. */
const mostLooks = 2;
const looksEach = 0.01;

/** A read costs a tenth of a write, and a refused write costs a wait besides. In ms. */
const oldAfterMs = 50;

/** How often a clock that is not known well enough is measured again, in ms. */
const remeasureMs = 500;

/**
 * What one process knows of a bucket, and its way to the store.
 *
 * - G2 Back-off is carried from one exchange to the next: doubled by a conflict or a fault, halved by a success. Without it
 *   many processes that start together conflict for ever.
 * - G3 After a conflict or a lost reply the state is read again before anything is planned on it.
 * - G5 Nothing is planned while the clock is not known well enough (B2).
 */
export class BucketExchange {
  readonly #id: string;
  readonly #limits: BucketLimits;
  readonly #deps: ExchangeDeps;
  readonly #onState: (state: BucketState, before: BucketState | undefined) => void;
  /** As last heard: to look at, also when it has to be read again before it is planned on. */
  #state: BucketState | undefined;
  #isStale = true;
  /** The settings are put in force once: a newer process may put others in force later. */
  #hasAnnounced = false;
  #backoffMs = 0;
  /** Smoothed duration of an exchange: a start is planned no earlier than the exchange takes. */
  #exchangeMs = 10;
  #isHealthy = true;
  #exchangedAt = Number.NEGATIVE_INFINITY;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Who looks while another does shares the answer. */
  #looking: Promise<void> | undefined;
  /** Looks before a start that may be made: every reservation adds a little. */
  #looks = 1;
  /** When the bucket was last seen to be written by others. */
  #sharedAt = Number.NEGATIVE_INFINITY;
  #operations = 0;
  #conflicts = 0;

  constructor(
    id: string,
    limits: BucketLimits,
    deps: ExchangeDeps,
    onState: (state: BucketState, before: BucketState | undefined) => void,
  ) {
    this.#id = id;
    this.#limits = limits;
    this.#deps = deps;
    this.#onState = onState;
  }

  get state(): BucketState | undefined {
    return this.#state;
  }

  get isHealthy(): boolean {
    return this.#isHealthy && this.isClockKnown;
  }

  /** Whether the time is known well enough for this bucket's cells (B2). */
  get isClockKnown(): boolean {
    return this.#deps.clock.errorMs() <= clockErrorAllowedMs(this.#limits);
  }

  get counts(): { readonly operations: number; readonly conflicts: number } {
    return { operations: this.#operations, conflicts: this.#conflicts };
  }

  /** The earliest start that may be planned now: an exchange takes its time, and a throttle is waited for. */
  earliestMs(state: BucketState): number {
    const throttledUntilMs = Math.ceil(state.throttle.untilMs / state.cellMs) * state.cellMs;
    return Math.max(this.#deps.clock.now() + this.#exchangeMs, throttledUntilMs);
  }

  /** The state to plan on, after the back-off; undefined when the store does not answer or the clock is not known. */
  async fresh(): Promise<BucketState | undefined> {
    const { clock, random } = this.#deps;
    await clock.sleep(this.#backoffMs * (0.5 + random()));
    if (!this.isClockKnown) {
      await clock.measure(clockErrorAllowedMs(this.#limits));
      if (!this.isClockKnown) {
        await clock.sleep(remeasureMs);
        return undefined;
      }
    }
    if (this.#isStale || this.#isLikelyOld()) {
      this.#isStale = true;
      await this.#load();
    }
    return this.#isStale ? undefined : this.#state;
  }

  async apply(plan: SlicePlan): Promise<boolean> {
    this.#looks = Math.min(mostLooks, this.#looks + looksEach * plan.cells.length);
    return this.#accept(await this.#timed(async () => this.#deps.store.apply(plan)));
  }

  /** Writes other limits or a throttle, unless another epoch has begun meanwhile. */
  async correct(from: BucketState, to: BucketState): Promise<boolean> {
    return this.#accept(await this.#timed(async () => this.#deps.store.correct(from, to)));
  }

  /**
   * A look at what is older than `maxAgeMs`, once for that time; undefined when nothing is. Where there are so many workers
   * that each writes seldom, looks are few: they would cost more than the writes.
   */
  lookWhenOld(maxAgeMs: number): Promise<void> | undefined {
    const now = this.#deps.clock.now();
    const isOld = now - this.#exchangedAt > maxAgeMs && now - this.#lookedAt > maxAgeMs;
    if (!isOld || this.#looks < 1) {
      return undefined;
    }
    this.#lookedAt = now;
    this.#looks -= 1;
    return this.look(maxAgeMs);
  }

  /**
   * For those who only look: nothing is reserved, and a store that is away leaves what was known. A bucket that failed when
   * nobody waits any more becomes healthy again by this alone.
   */
  async look(maxAgeMs: number): Promise<void> {
    if (this.#deps.clock.now() - this.#exchangedAt > maxAgeMs || !this.isClockKnown) {
      this.#looking ??= this.#look(maxAgeMs).finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
  }

  async #look(maxAgeMs: number): Promise<void> {
    const { clock, store } = this.#deps;
    if (!this.isClockKnown) {
      if (clock.now() - this.#measuredAt <= maxAgeMs) {
        return;
      }
      this.#measuredAt = clock.now();
      await clock.measure(clockErrorAllowedMs(this.#limits));
    }
    const read = await this.#timed(async () => store.read(this.#id));
    if (read.kind === 'unavailable') {
      return;
    }
    this.#isHealthy = true;
    // Under other limits it is no state to plan on: the next reservation puts the configured ones in force.
    const isUsable = read.kind === 'found' && (this.#hasAnnounced || hasLimits(read.state, this.#limits));
    if (isUsable && !isOvertaken(read.state, this.#state)) {
      this.#take(read.state);
    }
  }

  /** Where others write too, a state of some age is better read again than refused. */
  #isLikelyOld(): boolean {
    const now = this.#deps.clock.now();
    return now - this.#exchangedAt > oldAfterMs && now - this.#sharedAt < sharedForMs;
  }

  /** Reads the bucket, opens it when missing, and puts the configured limits in force. */
  async #load(): Promise<void> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const read = await this.#timed(async () => store.read(this.#id));
    const found =
      read.kind === 'missing'
        ? await this.#timed(async () => store.open(openBucket(this.#id, this.#limits, now)))
        : read;
    if (found.kind !== 'found') {
      this.#fail(found.kind === 'unavailable' ? found.retryAfterMs : undefined);
      return;
    }
    this.#isHealthy = true;
    const { state } = found;
    if (state.tokens.total > (this.#state?.tokens.total ?? Number.POSITIVE_INFINITY)) {
      this.#sharedAt = now;
    }
    if (this.#hasAnnounced || hasLimits(state, this.#limits)) {
      this.#hasAnnounced = true;
      this.#take(state);
      return;
    }
    const to = withLimits(state, this.#limits, now);
    this.#hasAnnounced = this.#accept(await this.#timed(async () => store.changeLimits(state, to)));
  }

  #take(state: BucketState): void {
    const before = this.#state;
    this.#state = state;
    this.#isStale = false;
    this.#onState(state, before);
  }

  #accept(outcome: ApplyOutcome): boolean {
    switch (outcome.kind) {
      case 'applied': {
        this.#isHealthy = true;
        this.#backoffMs = this.#backoffMs < 5 ? 0 : this.#backoffMs / 2;
        this.#take(outcome.state);
        return true;
      }
      case 'conflict': {
        this.#conflicts += 1;
        this.#sharedAt = this.#deps.clock.now();
        this.#isStale = true;
        this.#raiseBackoff(undefined);
        return false;
      }
      case 'unavailable':
      case 'unknown': {
        this.#isStale = true;
        this.#fail(outcome.kind === 'unavailable' ? outcome.retryAfterMs : undefined);
        return false;
      }
    }
  }

  #fail(retryAfterMs: number | undefined): void {
    this.#isHealthy = false;
    this.#raiseBackoff(retryAfterMs);
  }

  #raiseBackoff(atLeastMs: number | undefined): void {
    const doubled = Math.max(this.#backoffMs * 2, 4 * this.#exchangeMs, atLeastMs ?? 0);
    this.#backoffMs = Math.min(doubled, longestBackoffMs);
  }

  async #timed<Result>(call: () => Promise<Result>): Promise<Result> {
    const started = this.#deps.clock.now();
    let result: Result;
    try {
      result = await call();
    } catch (error) {
      this.#fail(undefined);
      throw error;
    }
    this.#operations += 1;
    this.#exchangedAt = this.#deps.clock.now();
    this.#exchangeMs = 0.8 * this.#exchangeMs + 0.2 * Math.max(1, this.#deps.clock.now() - started);
    return result;
  }
}

/** A look may be overtaken by a write of our own. */
function isOvertaken(state: BucketState, known: BucketState | undefined): boolean {
  return (
    known !== undefined &&
    (state.epoch < known.epoch || (state.epoch === known.epoch && state.tokens.total < known.tokens.total))
  );
}
