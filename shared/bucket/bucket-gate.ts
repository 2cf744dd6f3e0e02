import { AppError } from '../errors.ts';
import { BucketExchange, type ExchangeDeps } from './bucket-exchange.ts';
import { type BucketLimits, latenessMs, tokenWindowMs } from './bucket-limits.ts';
import type { BucketState } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';
import { fairOrder, ServedTenants } from './fair-order.ts';
import type { EstimateError } from './estimate-meter.ts';
import { PendingStarts } from './pending-starts.ts';
import { estimateStart, planSlice, type SlicePlan } from './plan-slice.ts';
import type { Outlook, Reservation, StartRequest, StartTurn } from './reservation.ts';
import { ServiceWords } from './service-words.ts';

/** Most jobs in one slice: keeps a plan cheap and lets others in between. */
const largestSlice = 100;

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

interface Waiting {
  readonly request: StartRequest;
  readonly signal: AbortSignal;
  readonly turn: (turn: StartTurn) => void;
  readonly reject: (error: unknown) => void;
}

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
  readonly #served = new ServedTenants();
  #waiting: Waiting[] = [];
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
    const waitingTokens = this.#waiting.reduce((sum, one) => sum + one.request.cost, 0);
    const limit = state?.tokens.limit ?? this.#limits.tokensPerMinute * this.#limits.share;
    const waitingMs = (waitingTokens * tokenWindowMs) / limit;
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
      this.#waiting.push(waiting);
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
    while (this.#waiting.length > 0 || this.#news().any) {
      try {
        await this.#serveOnce();
      } catch (error) {
        const failed = this.#waiting;
        this.#waiting = [];
        this.#words.drop();
        for (const { reject } of failed) {
          reject(error);
        }
      }
    }
    this.#isServing = false;
  }

  async #serveOnce(): Promise<void> {
    const state = await this.#exchange.fresh();
    this.#waiting = this.#waiting.filter((one) => !one.signal.aborted);
    if (state === undefined) {
      return;
    }
    const corrected = this.#words.correct(state, this.#deps.clock.now());
    if (corrected !== undefined) {
      await this.#exchange.correct(state, corrected);
      return;
    }
    this.#rejectTooLarge();
    const tooLarge = this.#waiting.filter(({ request }) => request.cost > state.tokens.limit);
    if (tooLarge.length > 0) {
      this.#waiting = this.#waiting.filter((one) => !tooLarge.includes(one));
      void this.#chooseAgain(tooLarge);
    }
    if (this.#waiting.length > 0) {
      await this.#reserve(state, this.#nextSlice());
    }
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

  #nextSlice(): readonly Waiting[] {
    const byRequest = new Map(this.#waiting.map((one) => [one.request, one]));
    const ordered = fairOrder([...byRequest.keys()], this.#served.at(this.#deps.clock.now()));
    return ordered.slice(0, largestSlice).flatMap((request) => byRequest.get(request) ?? []);
  }

  async #reserve(state: BucketState, asking: readonly Waiting[]): Promise<void> {
    const earliestMs = this.#exchange.earliestMs(state);
    const slice = this.#inTime(state, asking, earliestMs);
    if (slice.length === 0) {
      return;
    }
    const plan = planSlice(
      state,
      slice.map(({ request }) => request.cost),
      earliestMs,
    );
    const isWritten = await this.#exchange.apply(plan);
    if (isWritten) {
      this.#handOut(plan, state.cellMs, slice);
    }
  }

  /** Jobs whose start would come too late leave before anything is booked for them. */
  #inTime(state: BucketState, asking: readonly Waiting[], earliestMs: number): readonly Waiting[] {
    if (asking.every(({ request }) => request.notAfterMs === undefined)) {
      return asking;
    }
    const costs = asking.map(({ request }) => request.cost);
    const { cells } = planSlice(state, costs, earliestMs);
    const isLate = ({ request }: Waiting, index: number): boolean =>
      (cells[index] ?? 0) * state.cellMs > (request.notAfterMs ?? Number.POSITIVE_INFINITY);
    const late = asking.filter(isLate);
    for (const { turn } of late) {
      turn({ kind: 'too-late' });
    }
    this.#waiting = this.#waiting.filter((one) => !late.includes(one));
    return asking.filter((one) => !late.includes(one));
  }

  #handOut(plan: SlicePlan, cellMs: number, slice: readonly Waiting[]): void {
    const handed = new Set(slice);
    this.#waiting = this.#waiting.filter((one) => !handed.has(one));
    const inCell = Map.groupBy(slice, (_, index) => plan.cells[index] ?? plan.fromHead);
    for (const [cell, jobs] of inCell) {
      for (const [index, waiting] of jobs.entries()) {
        const startMs = cell * cellMs + Math.floor((index / jobs.length) * cellMs * spreadPart);
        const latestMs = (cell + 1) * cellMs + latenessMs;
        this.#served.add(waiting.request);
        this.#hand(waiting, { bucketId: this.#id, cost: waiting.request.cost, startMs, latestMs });
      }
    }
  }

  #hand({ request, signal, turn }: Waiting, reservation: Reservation): void {
    if (!signal.aborted) {
      this.#starts.add({ request, reservation, turn });
    }
  }

  /** A cost over the configured limit never fits: it fails alone, not its slice. */
  #rejectTooLarge(): void {
    const mostTokens = this.#limits.tokensPerMinute * this.#limits.share;
    for (const { request, reject } of this.#waiting.filter((one) => one.request.cost > mostTokens)) {
      const message = `A cost of ${request.cost} tokens never fits bucket ${this.#id}, of which ${mostTokens} a minute are ours.`;
      reject(new AppError('bucket.too-small', message));
    }
    this.#waiting = this.#waiting.filter((one) => one.request.cost <= mostTokens);
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
