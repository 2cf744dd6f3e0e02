import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type BucketLimits, type BucketState, hasLimits, openBucket, withLimits } from './bucket-state.ts';
import type { ApplyOutcome, BucketStore } from './bucket-store.ts';
import { estimateStart, planSlice, type SlicePlan } from './plan-slice.ts';
import type { Outlook, Reservation } from './reservation.ts';

/** Most jobs in one slice: keeps a plan cheap and lets others in between. */
const largestSlice = 100;

/** How long the first job of a slice waits for company, in ms; longer when its start lies in the future anyway. */
const gatherMs = 20;
const longestGatherMs = 250;

/** A start this much after the end of its cell is too late (B3), in ms. */
const latenessMs = 100;

const longestBackoffMs = 4000;

interface Waiting {
  readonly cost: number;
  readonly signal: AbortSignal;
  readonly resolve: (reservation: Reservation | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One bucket as one process sees it. States: idle (nobody waits) or exchanging (one loop serves everybody who waits).
 *
 * - G1 One exchange at a time; whoever asks meanwhile goes into the next slice.
 * - G2 Back-off is carried from one exchange to the next: doubled by a conflict or a fault, halved by a success.
 *   Without it many processes that start together conflict for ever.
 * - G3 After a conflict or a lost reply the cached state is thrown away and read again.
 * - G4 A lost reply counts as written: its jobs are planned anew and never start on it.
 */
export class BucketGate {
  readonly #id: string;
  readonly #limits: BucketLimits;
  readonly #deps: { readonly clock: Clock; readonly store: BucketStore; readonly random: () => number };
  #state: BucketState | undefined;
  #waiting: Waiting[] = [];
  #isServing = false;
  #backoffMs = 0;
  /** Smoothed duration of an exchange: a start is planned no earlier than the exchange takes. */
  #exchangeMs = 10;
  #isHealthy = true;
  #exchangedAt = Number.NEGATIVE_INFINITY;
  #operations = 0;
  #conflicts = 0;

  constructor(
    id: string,
    limits: BucketLimits,
    deps: { readonly clock: Clock; readonly store: BucketStore; readonly random: () => number },
  ) {
    this.#id = id;
    this.#limits = limits;
    this.#deps = deps;
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  get exchanges(): { readonly operations: number; readonly conflicts: number } {
    return { operations: this.#operations, conflicts: this.#conflicts };
  }

  horizonMs(): number {
    const state = this.#state;
    return state === undefined ? 0 : Math.max(0, state.head * state.cellMs - this.#deps.clock.now());
  }

  /**
   * For those who only look: nothing is reserved, and a store that is away leaves what was known. A bucket that failed
   * when nobody waits any more becomes healthy again by this alone.
   */
  async refresh(maxAgeMs: number): Promise<void> {
    const isFresh = this.#deps.clock.now() - this.#exchangedAt <= maxAgeMs;
    if (isFresh || this.#isServing) {
      return;
    }
    const read = await this.#timed(async () => this.#deps.store.read(this.#id));
    if (read.kind === 'unavailable' || this.#isServing) {
      return;
    }
    this.#isHealthy = true;
    // Under other limits it is no state to plan on: the next reservation puts the configured ones in force.
    if (read.kind === 'found' && hasLimits(read.state, this.#limits)) {
      this.#state = read.state;
    }
  }

  outlook(cost: number): Outlook {
    const state = this.#state;
    const now = this.#deps.clock.now();
    const waitingTokens = this.#waiting.reduce((sum, one) => sum + one.cost, 0);
    const waitingMs = (waitingTokens * 60_000) / this.#limits.tokensPerMinute;
    if (state === undefined || cost > state.tokens.limit) {
      return { startMs: now + waitingMs, load: 0 };
    }
    const admitted = state.tokens.total - (state.tokens.snaps.at(-1) ?? 0);
    return { startMs: estimateStart(state, cost, now) + waitingMs, load: admitted / state.tokens.limit };
  }

  async reserve(cost: number, signal: AbortSignal): Promise<Reservation | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Reservation | undefined>();
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push({ cost, signal, resolve, reject });
    if (!this.#isServing) {
      this.#isServing = true;
      void this.#serve();
    }
    // The signal may live as long as the process: nothing of this job stays on it.
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  async #serve(): Promise<void> {
    await this.#deps.clock.sleep(Math.min(Math.max(gatherMs, this.horizonMs() / 4), longestGatherMs));
    while (this.#waiting.length > 0) {
      const slice = this.#waiting.filter((one) => !one.signal.aborted).slice(0, largestSlice);
      const rest = this.#waiting.filter((one) => !one.signal.aborted && !slice.includes(one));
      this.#waiting = rest;
      try {
        await this.#exchange(slice);
      } catch (error) {
        for (const { reject } of slice) {
          reject(error);
        }
      }
    }
    this.#isServing = false;
  }

  /** Reserves the slice, however often that has to be tried; jobs whose signal aborts drop out between tries. */
  async #exchange(slice: readonly Waiting[]): Promise<void> {
    let left = slice;
    while (left.length > 0) {
      await this.#deps.clock.sleep(this.#backoffMs * (0.5 + this.#deps.random()));
      const state = this.#state ?? (await this.#load());
      left = left.filter(({ signal }) => !signal.aborted);
      left = state === undefined ? left : this.#rejectTooLarge(left, state);
      if (state === undefined || left.length === 0) {
        continue;
      }
      const earliestMs = this.#deps.clock.now() + this.#exchangeMs;
      const plan = planSlice(
        state,
        left.map(({ cost }) => cost),
        earliestMs,
      );
      const outcome = await this.#timed(async () => this.#deps.store.apply(plan));
      if (this.#accept(outcome)) {
        this.#hand(plan, state.cellMs, left);
        return;
      }
    }
  }

  /** Another version's limits may stand in the bucket: a job over them fails alone, not its slice. */
  #rejectTooLarge(slice: readonly Waiting[], state: BucketState): readonly Waiting[] {
    const { limit } = state.tokens;
    for (const { cost, reject } of slice.filter((one) => one.cost > limit)) {
      const message = `A cost of ${cost} tokens never fits bucket ${this.#id}, whose limit is ${limit} a minute.`;
      reject(new AppError('bucket.too-small', message));
    }
    return slice.filter(({ cost }) => cost <= limit);
  }

  #hand(plan: SlicePlan, cellMs: number, slice: readonly Waiting[]): void {
    for (const [index, { resolve }] of slice.entries()) {
      const startMs = (plan.cells[index] ?? plan.fromHead) * cellMs;
      resolve({ bucketId: this.#id, startMs, latestMs: startMs + cellMs + latenessMs });
    }
  }

  /** Reads the bucket, opens it when missing, and puts the configured limits in force. */
  async #load(): Promise<BucketState | undefined> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const read = await this.#timed(async () => store.read(this.#id));
    const found = read.kind === 'missing' ? await store.open(openBucket(this.#id, this.#limits, now)) : read;
    if (found.kind !== 'found') {
      this.#fail(found.kind === 'unavailable' ? found.retryAfterMs : undefined);
      return undefined;
    }
    this.#isHealthy = true;
    if (hasLimits(found.state, this.#limits)) {
      this.#state = found.state;
    } else {
      this.#accept(await store.changeLimits(found.state, withLimits(found.state, this.#limits, now)));
    }
    return this.#state;
  }

  #accept(outcome: ApplyOutcome): boolean {
    switch (outcome.kind) {
      case 'applied': {
        this.#state = outcome.state;
        this.#isHealthy = true;
        this.#backoffMs = this.#backoffMs < 5 ? 0 : this.#backoffMs / 2;
        return true;
      }
      case 'conflict': {
        this.#conflicts += 1;
        this.#state = undefined;
        this.#raiseBackoff(undefined);
        return false;
      }
      case 'unavailable':
      case 'unknown': {
        this.#state = undefined;
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
    const result = await call();
    this.#operations += 1;
    this.#exchangedAt = this.#deps.clock.now();
    this.#exchangeMs = 0.8 * this.#exchangeMs + 0.2 * Math.max(1, this.#deps.clock.now() - started);
    return result;
  }
}
