import type { LoweredLimits } from '../settings.ts';

export interface Limits {
  readonly tokensPerMinute: number;
  readonly requestsPerMinute: number;
}

interface Lowering {
  readonly from: number;
  readonly until: number;
  readonly change: LoweredLimits;
}

/**
 * The limits of one limiter over time, epoch milliseconds.
 *
 * - P1 The limits in force are never above the usual ones.
 * - P2 A lowering is in force from its beginning until just before its end, and leaves nothing behind. Of several the
 *   lowest counts.
 */
export class LimitPlan {
  /** Oldest first; each holds until the next. */
  readonly #usual: { readonly since: number; readonly limits: Limits }[];
  #lowered: readonly Lowering[];
  /** Between two changes the answer is the same: asking is O(1) but for the first time after one. */
  #known = { from: 0, until: 0, limits: nothing };

  constructor(facts: {
    readonly usual: Limits;
    readonly lowered: readonly LoweredLimits[];
    readonly startedAt: number;
  }) {
    this.#usual = [{ since: Number.NEGATIVE_INFINITY, limits: facts.usual }];
    this.#lowered = facts.lowered.map((change) => lowering(change, facts.startedAt));
  }

  /** The limits as they are when nothing lowers them. */
  get usual(): Limits {
    return this.#usual.at(-1)?.limits ?? nothing;
  }

  /** The limits in force. */
  at(now: number): Limits {
    if (now < this.#known.from || now >= this.#known.until) {
      this.#known = { ...this.#around(now), limits: this.#read(now) };
    }
    return this.#known.limits;
  }

  change(now: number, limits: Limits): void {
    this.#usual.push({ since: now, limits });
    this.#forget();
  }

  lower(now: number, change: LoweredLimits): void {
    this.#lowered = [...this.#lowered, lowering(change, now)];
    this.#forget();
  }

  /** Ends every lowering, begun or not. */
  restore(now: number): void {
    this.#lowered = this.#lowered
      .filter(({ from }) => from < now)
      .map((one) => ({ ...one, until: Math.min(one.until, now) }));
    this.#forget();
  }

  /** The limits in force summed over an interval, each for its milliseconds. */
  sum(interval: { readonly from: number; readonly before: number }): Limits {
    let { tokensPerMinute, requestsPerMinute } = nothing;
    for (let { from } = interval; from < interval.before;) {
      const until = Math.min(interval.before, this.#around(from).until);
      const limits = this.#read(from);
      tokensPerMinute += limits.tokensPerMinute * (until - from);
      requestsPerMinute += limits.requestsPerMinute * (until - from);
      from = until;
    }
    return { tokensPerMinute, requestsPerMinute };
  }

  #read(now: number): Limits {
    const usual = this.#usual.findLast(({ since }) => since <= now)?.limits ?? nothing;
    return this.#lowered
      .filter(({ from, until }) => from <= now && now < until)
      .reduce((lowest, { change }) => lower({ lowest, usual, change }), usual);
  }

  /** The stretch around `now` in which nothing changes. */
  #around(now: number): { readonly from: number; readonly until: number } {
    const changes = [
      ...this.#usual.map(({ since }) => since),
      ...this.#lowered.flatMap(({ from, until }) => [from, until]),
    ];
    return {
      from: Math.max(Number.NEGATIVE_INFINITY, ...changes.filter((at) => at <= now)),
      until: Math.min(Number.POSITIVE_INFINITY, ...changes.filter((at) => at > now)),
    };
  }

  #forget(): void {
    this.#known = { from: 0, until: 0, limits: nothing };
  }
}

const nothing: Limits = { tokensPerMinute: 0, requestsPerMinute: 0 };

function lowering(change: LoweredLimits, startedAt: number): Lowering {
  const from = startedAt + (change.fromMs ?? 0);
  return { from, until: from + change.forMs, change };
}

function lower(facts: { readonly lowest: Limits; readonly usual: Limits; readonly change: LoweredLimits }): Limits {
  const { lowest, usual, change } = facts;
  const { factor = 1, tokensPerMinute = usual.tokensPerMinute, requestsPerMinute = usual.requestsPerMinute } = change;
  return {
    tokensPerMinute: Math.min(lowest.tokensPerMinute, tokensPerMinute, Math.floor(usual.tokensPerMinute * factor)),
    requestsPerMinute: Math.min(
      lowest.requestsPerMinute,
      requestsPerMinute,
      Math.floor(usual.requestsPerMinute * factor),
    ),
  };
}
