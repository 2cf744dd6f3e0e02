import type { CallSum } from './call-log-rows.ts';
import type { CallRecord } from './call-record.ts';

/** Sums over the calls of one deployment. */
export interface CallTally {
  readonly calls: number;
  /** Answered in full: 200 and nothing cut. */
  readonly completed: number;
  readonly throttled429: { readonly tokens: number; readonly requests: number };
  /** Every other end, by status and code: `{"400 content_filter": 1}`. 0: cut connection, 499: the caller left. */
  readonly errors: Readonly<Record<string, number>>;
  /** Admitted, not answered: in flight now, or lost with an earlier process. */
  readonly unanswered: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Σ of the costs that were admitted. */
  readonly admittedCost: number;
}

export const emptyTally: CallTally = {
  calls: 0,
  completed: 0,
  throttled429: { tokens: 0, requests: 0 },
  errors: {},
  unanswered: 0,
  promptTokens: 0,
  completionTokens: 0,
  admittedCost: 0,
};

/** Running sums of calls, each seen first when it opens and again when it ends. */
export class MutableTally {
  #calls = 0;
  #completed = 0;
  #unanswered = 0;
  #throttledByTokens = 0;
  #throttledByRequests = 0;
  #promptTokens = 0;
  #completionTokens = 0;
  #admittedCost = 0;
  readonly #errors = new Map<string, number>();

  open(): void {
    this.#calls += 1;
    this.#unanswered += 1;
  }

  admit(cost: number): void {
    this.#admittedCost += cost;
  }

  /** What was admitted has come to so much more, or less. */
  correct(difference: number): void {
    this.#admittedCost += difference;
  }

  end(call: CallRecord): void {
    this.#unanswered -= 1;
    this.#addEnds(call, 1);
  }

  /** Adds calls of an earlier process. */
  restore(sum: CallSum): void {
    this.#calls += sum.calls;
    this.#admittedCost += sum.admittedCost;
    if (sum.status === null) {
      this.#unanswered += sum.calls;
    } else {
      this.#addEnds(sum, sum.calls);
    }
  }

  #addEnds(end: Omit<CallSum, 'calls' | 'admittedCost' | 'region' | 'deployment'>, calls: number): void {
    this.#promptTokens += end.promptTokens;
    this.#completionTokens += end.completionTokens;
    if (end.throttledBy === 'tokens') {
      this.#throttledByTokens += calls;
    } else if (end.throttledBy === 'requests') {
      this.#throttledByRequests += calls;
    } else if (end.status === 200 && end.code === '') {
      this.#completed += calls;
    } else {
      const name = `${end.status ?? 0} ${end.code}`;
      this.#errors.set(name, (this.#errors.get(name) ?? 0) + calls);
    }
  }

  read(): CallTally {
    return {
      calls: this.#calls,
      completed: this.#completed,
      throttled429: { tokens: this.#throttledByTokens, requests: this.#throttledByRequests },
      errors: Object.fromEntries(this.#errors),
      unanswered: this.#unanswered,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      admittedCost: this.#admittedCost,
    };
  }
}
