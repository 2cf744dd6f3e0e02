import { BucketExchange, type ExchangeDeps } from './bucket-exchange.ts';
import { type BucketLimits, latenessMs, tokenWindowMs } from './bucket-limits.ts';
import type { BucketState } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';
import type { EstimateError } from './estimate-meter.ts';
import { PendingStarts } from './pending-starts.ts';
import { estimateStart, planSlice, type SlicePlan } from './plan-slice.ts';
import type { Outlook, Reservation, StartRequest, StartTurn } from './reservation.ts';
import { ServiceWords } from './service-words.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

/** How long the first job of a slice waits for company, in ms; longer when its start lies in the future anyway. */
const gatherMs = 20;
const longestGatherMs = 600;

/** The starts of one slice in one cell are spread over this part of it, so that they do not all come at once. */
const spreadPart = 0.5;

/**
 * Before a start the bucket is looked at when that was not done for so long, in ms: the service may have lowered the limit or
 * throttled since the start was reserved.
 */
const currentMs = 4000;

/** How long jobs wait that are larger than a limit which the service has lowered, before they look again, in ms. */
const tooLargeMs = 1000;

/**
 * One bucket as one process sees it. States: idle (nobody asks) or exchanging (one loop serves everybody who asks).
 *
 * - G1 One exchange at a time; whoever asks meanwhile goes into the next slice.
 * - G4 A lost reply counts as written: its jobs are planned anew and never start on it.
 * - G6 What the service says goes first: no slice is planned before a correction is written.
 */
export class BucketGate {
  readonly #id: string;
  readonly #limits: BucketLimits;
  readonly #deps: ExchangeDeps;
  readonly #exchange: BucketExchange;
  readonly #starts: PendingStarts;
  readonly #words = new ServiceWords();
  readonly #line = new WaitingLine();
  #isServing = false;

  constructor(id: string, limits: BucketLimits, deps: ExchangeDeps) {
    this.#id = id;
    this.#limits = limits;
    this.#deps = deps;
    this.#starts = new PendingStarts(deps.clock, {
      look: () => this.#exchange.lookWhenOld(currentMs),
      isTimeKnown: () => this.#exchange.isClockKnown,
    });
    this.#exchange = new BucketExchange(id, limits, deps, (state, before) => this.#heard(state, before));
  }

  get isHealthy(): boolean {
    return this.#exchange.isHealthy;
  }

  get exchanges(): { readonly operations: number; readonly conflicts: number } {
    return this.#exchange.counts;
  }

  get estimateError(): EstimateError | undefined {
    return this.#words.estimateError;
  }

  get state(): BucketState | undefined {
    return this.#exchange.state;
  }

  horizonMs(): number {
    const { state } = this.#exchange;
    const now = this.#deps.clock.now();
    return state === undefined ? 0 : Math.max(0, state.head * state.cellMs - now, state.throttle.untilMs - now);
  }

  rate(): { readonly tokensPerMinute: number; readonly requestsPerMinute: number } {
    const { tokensPerMinute, requestsPerMinute, requestWindowSeconds, share } = this.#limits;
    const { state } = this.#exchange;
    return state === undefined
      ? { tokensPerMinute: tokensPerMinute * share, requestsPerMinute: requestsPerMinute * share }
      : {
          tokensPerMinute: state.tokens.limit,
          requestsPerMinute: (state.requests.limit * 60) / requestWindowSeconds,
        };
  }

  async refresh(maxAgeMs: number): Promise<void> {
    if (!this.#isServing) {
      await this.#exchange.look(maxAgeMs);
    }
  }

  outlook(cost: number): Outlook {
    const { state } = this.#exchange;
    const limit = state?.tokens.limit ?? this.#limits.tokensPerMinute * this.#limits.share;
    const waitingMs = (this.#line.tokens * tokenWindowMs) / limit;
    if (state === undefined) {
      return { waitMs: waitingMs, load: 0 };
    }
    if (cost > limit) {
      return { waitMs: Number.POSITIVE_INFINITY, load: 1 };
    }
    const now = this.#deps.clock.now();
    const startMs = estimateStart(state, cost, Math.max(now, state.throttle.untilMs));
    const admitted = state.tokens.total - (state.tokens.snaps.at(-1) ?? 0);
    return { waitMs: startMs - now + waitingMs, load: admitted / limit };
  }

  async awaitStart(request: StartRequest, signal: AbortSignal): Promise<StartTurn> {
    if (signal.aborted) {
      return { kind: 'aborted' };
    }
    const { promise, resolve: turn, reject } = Promise.withResolvers<StartTurn>();
    const onAbort = (): void => {
      this.#starts.remove(turn);
      turn({ kind: 'aborted' });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const waiting = { request, signal, turn, reject };
    if (!this.#jumpsQueue(waiting)) {
      this.#line.add(waiting);
      this.#serveSoon();
    }
    // The signal may live as long as the process: nothing of this job stays on it.
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** Takes in what the answer to a call told; what it changes is written before anything else is planned (G6). */
  observe(call: CallObservation): void {
    const { state } = this.#exchange;
    if (state === undefined) {
      return;
    }
    this.#words.hear(state, call, this.#deps.clock.now());
    if (this.#news().any) {
      this.#serveSoon();
    }
  }

  /** A job of high priority takes an early start of a normal one that waits in this process, when that gains time. */
  #jumpsQueue(waiting: Waiting): boolean {
    const { request } = waiting;
    if (request.priority !== 'high') {
      return false;
    }
    const startMs = this.#deps.clock.now() + this.outlook(request.cost).waitMs;
    const reservation = this.#starts.displace(request, startMs);
    if (reservation !== undefined) {
      this.#hand(waiting, reservation);
    }
    return reservation !== undefined;
  }

  #news(): ReturnType<ServiceWords['news']> {
    return this.#words.news(this.#exchange.state, this.#deps.clock.now());
  }

  #serveSoon(): void {
    if (!this.#isServing) {
      this.#isServing = true;
      void this.#serve();
    }
  }

  async #serve(): Promise<void> {
    const gatherFor = Math.min(Math.max(gatherMs, this.horizonMs() / 3), longestGatherMs);
    await this.#deps.clock.sleep(this.#news().isUrgent ? 0 : gatherFor);
    while (!this.#line.isEmpty || this.#news().any) {
      try {
        await this.#serveOnce();
      } catch (error) {
        this.#words.drop();
        this.#line.rejectAll(error);
      }
    }
    this.#isServing = false;
  }

  async #serveOnce(): Promise<void> {
    const state = await this.#exchange.fresh();
    this.#line.drop();
    if (state === undefined) {
      return;
    }
    const corrected = this.#words.correct(state, this.#deps.clock.now());
    if (corrected !== undefined) {
      await this.#exchange.correct(state, corrected);
      return;
    }
    this.#line.rejectOver(this.#limits.tokensPerMinute * this.#limits.share, this.#id);
    const larger = this.#line.takeLarger(state.tokens.limit);
    if (larger.length > 0) {
      void this.#chooseAgain(larger);
    }
    await this.#reserve(state);
  }

  /** Larger than a limit which the service has lowered: another deployment may have room by now, or this one again. */
  async #chooseAgain(tooLarge: readonly Waiting[]): Promise<void> {
    await this.#deps.clock.sleep(tooLargeMs);
    // A look that fails tells nothing.
    await Promise.allSettled([this.#exchange.look(tooLargeMs)]);
    for (const { turn } of tooLarge) {
      turn({ kind: 'again' });
    }
  }

  async #reserve(state: BucketState): Promise<void> {
    const earliestMs = this.#exchange.earliestMs(state);
    const slice = this.#line.nextSlice(state, { nowMs: this.#deps.clock.now(), earliestMs });
    if (slice.length === 0) {
      return;
    }
    const plan = planSlice(
      state,
      slice.map(({ request }) => request.cost),
      earliestMs,
    );
    if (await this.#exchange.apply(plan)) {
      this.#handOut(plan, state.cellMs, slice);
    }
  }

  #handOut(plan: SlicePlan, cellMs: number, slice: readonly Waiting[]): void {
    this.#line.leave(slice);
    const inCell = Map.groupBy(slice, (_, index) => plan.cells[index] ?? plan.fromHead);
    for (const [cell, jobs] of inCell) {
      for (const [index, waiting] of jobs.entries()) {
        const startMs = cell * cellMs + Math.floor((index / jobs.length) * cellMs * spreadPart);
        const latestMs = (cell + 1) * cellMs + latenessMs;
        this.#hand(waiting, { bucketId: this.#id, cost: waiting.request.cost, startMs, latestMs });
      }
    }
  }

  #hand({ request, signal, turn }: Waiting, reservation: Reservation): void {
    if (!signal.aborted) {
      this.#starts.add({ request, reservation, turn });
    }
  }

  /** Starts that were reserved under limits which the service has lowered since, or inside a throttle, are given up. */
  #heard(state: BucketState, before: BucketState | undefined): void {
    this.#words.note(state);
    if (before === undefined || before.epoch === state.epoch) {
      return;
    }
    const isLowered = state.tokens.limit < before.tokens.limit || state.requests.limit < before.requests.limit;
    this.#starts.withdraw(isLowered ? Number.POSITIVE_INFINITY : state.throttle.untilMs);
  }
}
