import type { CallLog } from './call-log.ts';
import type { CallRecord } from './call-record.ts';
import { emptyTally, MutableTally, type CallTally } from './call-tally.ts';
import type { Interval, UseRow } from './usage-query.ts';

/** Where a call is now: opened, perhaps admitted, then ended once. */
export interface OpenCall {
  readonly number: number;
  readonly admit: (admission: { readonly at: number; readonly cost: number }) => void;
  /** The first end counts; later ones are ignored. */
  readonly end: (end: CallEnd) => void;
  readonly isEnded: () => boolean;
}

type CallEnd = Pick<CallRecord, 'status' | 'code'> &
  Partial<Pick<CallRecord, 'at' | 'throttledBy' | 'promptTokens' | 'completionTokens' | 'cost'>>;

/** Numbers the calls, keeps their sums and hands every change to the log. */
export class CallBook {
  readonly #log: CallLog;
  readonly #tallies = new Map<string, MutableTally>();
  #last: number;
  /** Calls opened before a reset are no longer written. */
  #era = 0;

  constructor(log: CallLog) {
    this.#log = log;
    this.#last = log.lastNumber();
    for (const sum of log.sums()) {
      this.#tally(sum).restore(sum);
    }
  }

  open(facts: Pick<CallRecord, 'at' | 'region' | 'deployment' | 'limiter' | 'clientRequestId'>): OpenCall {
    const era = this.#era;
    const tally = this.#tally(facts);
    this.#last += 1;
    let call: CallRecord = { ...unanswered, ...facts, number: this.#last };
    const change = (next: CallRecord): void => {
      call = next;
      if (era === this.#era) {
        this.#log.write(call);
      }
    };
    tally.open();
    change(call);
    return {
      number: call.number,
      admit: (admission) => {
        tally.admit(admission.cost);
        change({ ...call, ...admission, isAdmitted: true });
      },
      end: (end) => {
        if (call.status === null) {
          if (call.isAdmitted && end.cost !== undefined) {
            tally.correct(end.cost - call.cost);
          }
          change({ ...call, ...end });
          tally.end(call);
        }
      },
      isEnded: () => call.status !== null,
    };
  }

  tally(place: Pick<CallRecord, 'region' | 'deployment'>): CallTally {
    return this.#tallies.get(keyOf(place))?.read() ?? emptyTally;
  }

  page(question: { readonly after: number; readonly limit: number }): readonly CallRecord[] {
    return this.#log.page(question);
  }

  async saved(): Promise<void> {
    await this.#log.saved();
  }

  uses(interval: Interval): readonly UseRow[] {
    return this.#log.uses(interval);
  }

  /** Forgets every call. Numbers go on while the process lives, so that a reader of pages sees none twice. */
  clear(): void {
    this.#era += 1;
    this.#tallies.clear();
    this.#log.clear();
  }

  #tally(place: Pick<CallRecord, 'region' | 'deployment'>): MutableTally {
    const key = keyOf(place);
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = new MutableTally();
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

const unanswered: CallRecord = {
  number: 0,
  at: 0,
  region: '',
  deployment: '',
  limiter: '',
  clientRequestId: '',
  status: null,
  code: '',
  throttledBy: '',
  cost: 0,
  isAdmitted: false,
  promptTokens: 0,
  completionTokens: 0,
};

function keyOf(place: Pick<CallRecord, 'region' | 'deployment'>): string {
  return `${place.region}\u0000${place.deployment}`;
}
