/**
 * What is known of the service's clock from the `Date` headers of its answers. Pure; times are of a local clock that runs
 * evenly (a monotonic one), in ms.
 *
 * An answer that was asked for at `sentMs`, came at `receivedMs` and says second `dateMs` was written while the service's
 * clock stood in [dateMs, dateMs + 1000). So its offset lies in (dateMs − receivedMs, dateMs + 1000 − sentMs].
 *
 * - C1 The true offset lies between `lowest` and `highest` as long as the service's clock and ours drift apart by no more
 *   than `driftPart`: the bounds of several answers are intersected, and widened with time.
 * - C2 Answers that contradict the bounds twice in a row replace them: a clock was set.
 * - C3 A probe tells most when it arrives as the service's second turns: probes go where the bounds leave that open.
 */
export class ClockBound {
  #lowest = Number.NEGATIVE_INFINITY;
  #highest = Number.POSITIVE_INFINITY;
  #at = 0;
  #contradictions = 0;
  #roundTripMs = 0;
  /** The turn of a second that is being looked for, and how far apart its probes go. */
  #pass = { second: Number.NaN, stepMs: 0 };
  #probedAt = Number.NEGATIVE_INFINITY;

  add(answer: DatedAnswer): void {
    const { sentMs, receivedMs, dateMs } = answer;
    this.#widen(receivedMs);
    this.#roundTripMs = receivedMs - sentMs;
    const lowest = dateMs - receivedMs;
    const highest = dateMs + 1000 - sentMs;
    const isContradiction = lowest > this.#highest || highest < this.#lowest;
    if (isContradiction) {
      this.#contradictions += 1;
      if (this.#contradictions < 2) {
        return;
      }
      this.#lowest = lowest;
      this.#highest = highest;
    } else {
      this.#lowest = Math.max(this.#lowest, lowest);
      this.#highest = Math.min(this.#highest, highest);
    }
    this.#contradictions = 0;
  }

  /** Half the distance between the bounds, in ms: the most that `offsetMs` is wrong. Infinity before the first answer. */
  errorMs(nowMs: number): number {
    this.#widen(nowMs);
    return (this.#highest - this.#lowest) / 2;
  }

  /** The service's clock less ours, in ms: the middle of the bounds; undefined before the first answer. */
  offsetMs(nowMs: number): number | undefined {
    this.#widen(nowMs);
    return Number.isFinite(this.#lowest) ? (this.#lowest + this.#highest) / 2 : undefined;
  }

  /** When to send the next probe, so that it tells the most: local ms, not before now. */
  nextProbeMs(nowMs: number): number {
    this.#widen(nowMs);
    const widthMs = this.#highest - this.#lowest;
    if (!Number.isFinite(widthMs)) {
      return nowMs;
    }
    const halfTripMs = this.#roundTripMs / 2;
    // The service's seconds turn somewhere in [from, from + width] of the local clock; a probe has to be sent half a trip before.
    const second = Math.ceil((nowMs + this.#lowest + halfTripMs + 1) / 1000);
    const fromMs = second * 1000 - this.#highest - halfTripMs;
    if (this.#pass.second !== second) {
      this.#pass = { second, stepMs: Math.max(leastStepMs, widthMs / probesInPass) };
    }
    const { stepMs } = this.#pass;
    return Math.max(nowMs, fromMs + stepMs, this.#probedAt + stepMs);
  }

  /** A probe is on its way. */
  probed(atMs: number): void {
    this.#probedAt = atMs;
  }

  #widen(nowMs: number): void {
    const driftMs = Math.max(0, nowMs - this.#at) * driftPart;
    this.#at = Math.max(this.#at, nowMs);
    this.#lowest -= driftMs;
    this.#highest += driftMs;
  }
}

export interface DatedAnswer {
  readonly sentMs: number;
  readonly receivedMs: number;
  /** The `Date` header, in epoch ms: a whole second. */
  readonly dateMs: number;
}

/** Two clocks that are kept by NTP drift apart by less than this. */
const driftPart = 2e-4;

const probesInPass = 8;
const leastStepMs = 4;
