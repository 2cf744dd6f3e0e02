import type { Clock } from '../clock.ts';
import type { Reservation, StartRequest, StartTurn } from './reservation.ts';

/** A job that owns a reservation and waits for its time. */
interface Pending {
  readonly reservation: Reservation;
  readonly request: StartRequest;
  readonly turn: (turn: StartTurn) => void;
}

/** Asked before each start. */
export interface StartCheck {
  /** A promise when it has to be looked whether the service took the start back meanwhile. */
  readonly look: () => Promise<void> | undefined;
  /** False when nobody knows whether the start has come (B2). */
  readonly isTimeKnown: () => boolean;
}

/** A start this much later than the first that fits is still as good, in ms: the smallest reservation of these is taken. */
const equallySoonMs = 500;

/**
 * The starts that jobs in hand wait for, in one bucket and one process, ordered by time. One timer serves them all.
 *
 * - P1 A job's turn comes once: `start` within its reservation, or `again` when it was missed, displaced or withdrawn.
 * - P2 A displaced reservation serves a job that costs no more: what was booked covers it.
 */
export class PendingStarts {
  readonly #clock: Clock;
  readonly #check: StartCheck;
  #pending: Pending[] = [];
  #alarm = new AbortController();
  #isWaiting = false;

  constructor(clock: Clock, check: StartCheck) {
    this.#clock = clock;
    this.#check = check;
  }

  add(pending: Pending): void {
    const { startMs } = pending.reservation;
    const place = this.#pending.findLastIndex((one) => one.reservation.startMs <= startMs) + 1;
    this.#pending.splice(place, 0, pending);
    if (place === 0) {
      this.#alarm.abort(isEarlier);
    }
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      void this.#serve();
    }
  }

  /** Takes back what a job waits for: it has given up. */
  remove(turn: Pending['turn']): void {
    this.#pending = this.#pending.filter((one) => one.turn !== turn);
  }

  /** Every start before `untilMs`, or all, is given up: its job chooses again. */
  withdraw(untilMs = Number.POSITIVE_INFINITY): void {
    const withdrawn = this.#pending.filter((one) => one.reservation.startMs < untilMs);
    this.#pending = this.#pending.filter((one) => one.reservation.startMs >= untilMs);
    for (const { turn } of withdrawn) {
      turn({ kind: 'again' });
    }
  }

  /**
   * Takes an early start from a job of normal priority for one of high priority (P2); undefined when none before
   * `beforeMs` is large enough.
   */
  displace(request: StartRequest, beforeMs: number): Reservation | undefined {
    const fitting = this.#pending.filter(
      (one) =>
        one.request.priority !== 'high' &&
        one.reservation.cost >= request.cost &&
        one.reservation.startMs < beforeMs - equallySoonMs,
    );
    const firstMs = fitting[0]?.reservation.startMs ?? 0;
    const [best] = fitting
      .filter((one) => one.reservation.startMs <= firstMs + equallySoonMs)
      .toSorted((a, b) => a.reservation.cost - b.reservation.cost);
    if (best === undefined) {
      return undefined;
    }
    this.remove(best.turn);
    best.turn({ kind: 'again' });
    return best.reservation;
  }

  async #serve(): Promise<void> {
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      const waitMs = first.reservation.startMs - this.#clock.now();
      if (waitMs > 0) {
        this.#alarm = new AbortController();
        await this.#clock.sleep(Math.min(waitMs, longestSleepMs), this.#alarm.signal);
        continue;
      }
      const checking = this.#check.look();
      if (checking === undefined) {
        this.#pending.shift();
        this.#turn(first);
      } else {
        // A look that fails tells nothing: what was reserved is still reserved.
        await Promise.allSettled([checking]);
      }
    }
    this.#isWaiting = false;
  }

  #turn({ reservation, turn }: Pending): void {
    const isMissed = this.#clock.now() > reservation.latestMs || !this.#check.isTimeKnown();
    turn(isMissed ? { kind: 'again' } : { kind: 'start', reservation });
  }
}

/** A reason that costs nothing: without one each alarm would make an error with its stack. */
const isEarlier = 'an earlier start';

/** The service's time may be corrected while somebody sleeps: no sleep is so long that this is noticed late. */
const longestSleepMs = 1000;
