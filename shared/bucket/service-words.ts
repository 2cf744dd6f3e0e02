import type { BucketState } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';
import type { EstimateError } from './estimate-meter.ts';
import { forgetUnconfirmed, judgeAnswer } from './judge-answer.ts';
import { OthersMeter } from './others-meter.ts';

/** What the service's answers ask to be changed in a bucket, until it is written there. */
export class ServiceWords {
  readonly #others = new OthersMeter();
  /** Answers that change something, as far as was known when they came. */
  #waiting: CallObservation[] = [];

  /** How far the estimate of the costs is from what the service counts; undefined until enough was seen. */
  get estimateError(): EstimateError | undefined {
    return this.#others.estimateError;
  }

  hear(state: BucketState, call: CallObservation, nowMs: number): void {
    this.#others.add(state, call);
    if (judgeAnswer(state, call, nowMs) !== undefined) {
      this.#waiting.push(call);
    }
  }

  /** A state of the bucket that was read or written: what it admitted tells ours from what others took. */
  note(state: BucketState): void {
    this.#others.note(state);
  }

  /** Whether something may have to be written; `isUrgent` when a 429 or another limit was told. */
  news(state: BucketState | undefined, nowMs: number): { readonly any: boolean; readonly isUrgent: boolean } {
    const isUrgent = this.#waiting.length > 0;
    return { any: isUrgent || (state !== undefined && this.#others.judge(state, nowMs) !== undefined), isUrgent };
  }

  /** The bucket as the service wants it; undefined when it stands so already. */
  correct(state: BucketState, nowMs: number): BucketState | undefined {
    for (let call = this.#waiting[0]; call !== undefined; call = this.#waiting[0]) {
      const corrected = judgeAnswer(state, call, nowMs);
      if (corrected !== undefined) {
        return corrected;
      }
      this.#waiting.shift();
    }
    return this.#others.judge(state, nowMs) ?? forgetUnconfirmed(state, nowMs);
  }

  drop(): void {
    this.#waiting = [];
  }
}
