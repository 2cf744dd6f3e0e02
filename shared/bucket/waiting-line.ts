import { AppError } from '../errors.ts';
import type { BucketState } from './bucket-state.ts';
import { fairOrder, ServedTenants } from './fair-order.ts';
import { planSlice } from './plan-slice.ts';
import type { StartRequest, StartTurn } from './reservation.ts';

/** Most jobs in one slice: keeps a plan cheap and lets others in between. */
const largestSlice = 100;

/** A job that asks for a start. */
export interface Waiting {
  readonly request: StartRequest;
  readonly signal: AbortSignal;
  readonly turn: (turn: StartTurn) => void;
  readonly reject: (error: unknown) => void;
}

/** The jobs of one process that ask for a start in one bucket, until it is reserved or they leave. */
export class WaitingLine {
  readonly #served = new ServedTenants();
  #waiting: Waiting[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get tokens(): number {
    return this.#waiting.reduce((sum, one) => sum + one.request.cost, 0);
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Jobs that have given up leave. */
  drop(): void {
    this.#waiting = this.#waiting.filter((one) => !one.signal.aborted);
  }

  /** An error that nobody expected reaches everybody who waits. */
  rejectAll(error: unknown): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const { reject } of all) {
      reject(error);
    }
  }

  /** A cost over the whole quota never fits: such a job fails alone, not its slice. */
  rejectOver(mostTokens: number, bucketId: string): void {
    for (const { request, reject } of this.#take(({ request: { cost } }) => cost > mostTokens)) {
      const message = `A cost of ${request.cost} tokens never fits bucket ${bucketId}, of which ${mostTokens} a minute are ours.`;
      reject(new AppError('bucket.too-small', message));
    }
  }

  /** Takes out the jobs that are larger than the limit in force. */
  takeLarger(limit: number): readonly Waiting[] {
    return this.#take(({ request }) => request.cost > limit);
  }

  /** The next jobs in fair order. Those whose start would come too late leave before anything is booked for them. */
  nextSlice(state: BucketState, when: { readonly nowMs: number; readonly earliestMs: number }): readonly Waiting[] {
    const byRequest = new Map(this.#waiting.map((one) => [one.request, one]));
    const ordered = fairOrder([...byRequest.keys()], this.#served.at(when.nowMs));
    const slice = ordered.slice(0, largestSlice).flatMap((request) => byRequest.get(request) ?? []);
    const late = lateJobs(state, slice, when.earliestMs);
    for (const { turn } of this.#take((one) => late.has(one))) {
      turn({ kind: 'too-late' });
    }
    return slice.filter((one) => !late.has(one));
  }

  /** Their starts are reserved. */
  leave(slice: readonly Waiting[]): void {
    const reserved = new Set(slice);
    for (const { request } of this.#take((one) => reserved.has(one))) {
      this.#served.add(request);
    }
  }

  #take(isTaken: (one: Waiting) => boolean): readonly Waiting[] {
    const taken = this.#waiting.filter(isTaken);
    if (taken.length > 0) {
      this.#waiting = this.#waiting.filter((one) => !isTaken(one));
    }
    return taken;
  }
}

function lateJobs(state: BucketState, slice: readonly Waiting[], earliestMs: number): ReadonlySet<Waiting> {
  if (slice.every(({ request }) => request.notAfterMs === undefined)) {
    return new Set();
  }
  const costs = slice.map(({ request }) => request.cost);
  const { cells } = planSlice(state, costs, earliestMs);
  const isLate = ({ request }: Waiting, index: number): boolean =>
    (cells[index] ?? 0) * state.cellMs > (request.notAfterMs ?? Number.POSITIVE_INFINITY);
  return new Set(slice.filter(isLate));
}
