import type { Limits } from './limit-plan.ts';
import {
  beginNeighbour,
  beginState,
  type Caller,
  type JudgedCall,
  type LimiterFacts,
  type LimiterState,
} from './limiter-state.ts';
import type { LimiterUse } from './limiter-use.ts';
import type { LoweredLimits, NeighbourSettings } from '../settings.ts';
import { type Call, type LimiterShape, type Standing, type Verdict, windowLimit } from './window-judge.ts';
import type { PerWindow } from './window-peaks.ts';

/**
 * The admission of one deployment, or of several that share a quota.
 *
 * - A1 A call is admitted only if its cost fits the token window and one request fits the request window, both at once.
 * - A2 What was admitted is never given back: not unused output, not a failed call.
 * - A3 In the sliding form no window of the length, at any phase, holds more admitted cost than the limit, ours and the
 *   neighbour's together. When the limit is lowered: no more than the limit in force as its last call was admitted.
 * - A4 The neighbour's calls are judged in their turn: whoever asks at a time finds all of its earlier calls judged.
 *
 * A provisioned deployment is judged by a leaky bucket instead (`provisioned-judge.ts`), for which A1 to A3 do not hold.
 *
 * Sources: Azure OpenAI's quota page (MicrosoftDocs/azure-ai-docs, `how-to/quota`: an estimate is added to a running
 * count; requests are judged over 1 or 10 seconds; failed requests count) and the measurements in stuartleeks/aoai-testing
 * (the token window slides; unused `max_tokens` are not returned; the remaining requests are those of the slice). The
 * request window slides here, which is the strictest reading of "over 1 or 10 seconds".
 */
export class DeploymentLimiter {
  readonly facts: LimiterFacts;
  #state: LimiterState;

  constructor(facts: LimiterFacts) {
    this.facts = facts;
    this.#state = beginState(facts, facts.startedAt);
  }

  get shape(): LimiterShape {
    return this.facts.shape;
  }

  /** The limits when nothing lowers them. */
  get usualLimits(): Limits {
    return this.#state.plan.usual;
  }

  get neighbour(): NeighbourSettings | undefined {
    return this.#state.neighbour?.settings;
  }

  /** Largest admitted in any window of the length ÷ the limit of that instant: by our calls alone, or by all. */
  fullest(of: 'ours' | 'everybody'): PerWindow {
    return this.#state.peaks[of].fullest;
  }

  use(of: Caller): LimiterUse {
    return this.#state.uses[of].read();
  }

  limitsAt(now: number): Limits {
    return this.#state.plan.at(now);
  }

  /** The cost and the requests that fit an interval at the limits in force: limit × length ÷ window. */
  capacity(interval: { readonly from: number; readonly before: number }): PerWindow {
    const { tokensPerMinute, requestsPerMinute } = this.#state.plan.sum(interval);
    return { tokens: tokensPerMinute / this.shape.tokenWindowMs, requests: requestsPerMinute / 60_000 };
  }

  changeLimits(now: number, limits: Limits): void {
    this.catchUp(now);
    this.#state.plan.change(now, limits);
    this.#state.neighbour?.follow(now, limits.tokensPerMinute / this.shape.tokenWindowMs);
  }

  /** Lowers the limits for a time; undefined ends every lowering. */
  lowerLimits(now: number, change: LoweredLimits | undefined): void {
    this.catchUp(now);
    if (change === undefined) {
      this.#state.plan.restore(now);
    } else {
      this.#state.plan.lower(now, change);
    }
  }

  changeNeighbour(now: number, settings: NeighbourSettings | undefined): void {
    this.catchUp(now);
    const parts = { facts: this.facts, limits: this.usualLimits, startedAt: now };
    this.#state.neighbour = settings === undefined ? undefined : beginNeighbour({ ...parts, settings });
  }

  /** What `admit` would say of a call of ours, without taking anything. */
  judge(call: Call): Verdict {
    this.catchUp(call.at);
    return this.#state.judge.judge(call, this.limitsAt(call.at));
  }

  /** Takes a call of ours into the windows, or turns it away, which may count as well. */
  admit(call: Call): Verdict {
    this.catchUp(call.at);
    return this.#decide(call, 'ours');
  }

  /** A call of ours, admitted at an estimate, has come to an end; counts only for a provisioned deployment. */
  correct(now: number, cost: { readonly estimated: number; readonly actual: number }): void {
    if (this.shape.bucketMs !== undefined) {
      this.catchUp(now);
      this.#state.judge.correct(now, cost.actual - cost.estimated);
      this.#state.uses.ours.correct(cost.actual - cost.estimated);
    }
  }

  /** Takes a call of an earlier life without judging it. Call in the order of `at`. */
  restoreCall(call: JudgedCall, caller: Caller): void {
    if (call.throttledBy === '') {
      this.#state.judge.take(call);
      this.#state.peaks.everybody.restoreCall(call);
      if (caller === 'ours') {
        this.#state.peaks.ours.restoreCall(call);
      }
    } else {
      this.#state.judge.takeThrottled(call);
    }
  }

  restoreFullest(of: 'ours' | 'everybody', fullest: PerWindow): void {
    this.#state.peaks[of].restore(fullest);
  }

  restoreUse(of: Caller, use: LimiterUse): void {
    this.#state.uses[of].restore(use);
  }

  /** Everything as at the start, which is now. */
  restart(now: number): void {
    this.#state = beginState(this.facts, now);
  }

  /** What the windows hold now, whoever called; throttled calls too, where they count. */
  held(now: number): PerWindow {
    this.catchUp(now);
    return this.#state.judge.held(now);
  }

  /** What they can hold. */
  windowLimit(now: number): PerWindow {
    return windowLimit(this.limitsAt(now), this.shape);
  }

  standing(now: number): Standing {
    this.catchUp(now);
    return this.#state.judge.standing(now, this.limitsAt(now));
  }

  /** Judges what the neighbour has called since somebody last asked. O(1) for each of its calls. */
  catchUp(now: number): void {
    const { neighbour } = this.#state;
    for (let call = neighbour?.next(now); call !== undefined; call = neighbour?.next(now)) {
      const verdict = this.#decide(call, 'neighbour');
      this.facts.recorder.neighbourCalled({
        ...call,
        throttledBy: verdict.kind === 'throttled' ? verdict.by : '',
      });
    }
  }

  #decide(call: Call, caller: Caller): Verdict {
    const { judge, uses } = this.#state;
    const limits = this.limitsAt(call.at);
    const verdict = judge.judge(call, limits);
    if (verdict.kind === 'admitted') {
      uses[caller].admit(call.cost);
      judge.take(call);
      this.#measure(call, caller);
      return verdict;
    }
    uses[caller].throttle(verdict.by);
    judge.takeThrottled(call);
    return { ...verdict, waitMs: judge.waitMs(call, verdict.by, limits) };
  }

  #measure(call: Call, caller: Caller): void {
    const { peaks } = this.#state;
    const limit = this.windowLimit(call.at);
    if (this.shape.bucketMs !== undefined) {
      this.#measureUtilisation(call, limit);
      return;
    }
    const callers = caller === 'ours' ? (['ours', 'everybody'] as const) : (['everybody'] as const);
    for (const of of callers) {
      if (peaks[of].add(call, limit)) {
        this.facts.recorder.peaked(of, peaks[of].fullest);
      }
    }
  }
  /** The bucket is everybody's: its fullest is told of both. */
  #measureUtilisation(call: Call, limit: PerWindow): void {
    const { judge, peaks } = this.#state;
    const fullest = { tokens: judge.held(call.at).tokens / Math.max(1, limit.tokens), requests: 0 };
    for (const caller of ['ours', 'everybody'] as const) {
      if (peaks[caller].restore(fullest)) {
        this.facts.recorder.peaked(caller, peaks[caller].fullest);
      }
    }
  }
}
