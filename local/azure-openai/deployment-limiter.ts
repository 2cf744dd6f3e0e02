import type { Limits } from './limit-plan.ts';
import {
  beginNeighbour,
  beginState,
  type Caller,
  type JudgedCall,
  type LimiterFacts,
  type LimiterShape,
  type LimiterState,
} from './limiter-state.ts';
import type { LimiterUse } from './limiter-use.ts';
import type { LoweredLimits, NeighbourSettings } from './settings.ts';
import type { PerWindow } from './window-peaks.ts';

export type Verdict = { readonly kind: 'admitted' } | Throttled;

interface Throttled {
  readonly kind: 'throttled';
  readonly by: 'tokens' | 'requests';
  /** Until there is room if nothing else is admitted; `Infinity` when the cost exceeds the limit itself. */
  readonly waitMs: number;
}

interface Call {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cost: number;
}

/** Where the windows stand now, as the response headers tell it. */
export interface Standing {
  readonly limitTokens: number;
  readonly remainingTokens: number;
  /** Until the token window is empty, if nothing is admitted. */
  readonly resetTokensMs: number;
  readonly limitRequests: number;
  /** Of the request *window*, not of the minute. */
  readonly remainingRequests: number;
  readonly resetRequestsMs: number;
}

/**
 * The admission of one deployment, or of several that share a quota.
 *
 * - A1 A call is admitted only if its cost fits the token window and one request fits the request window, both at once.
 * - A2 What was admitted is never given back: not unused output, not a failed call.
 * - A3 In the sliding form no window of the length, at any phase, holds more admitted cost than the limit, ours and the
 *   neighbour's together. When the limit is lowered: no more than the limit in force as its last call was admitted.
 * - A4 The neighbour's calls are judged in their turn: whoever asks at a time finds all of its earlier calls judged.
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
    return this.#judge(call);
  }

  /** Takes a call of ours into the windows, or turns it away, which may count as well. */
  admit(call: Call): Verdict {
    this.catchUp(call.at);
    return this.#decide(call, 'ours');
  }

  /** Takes a call of an earlier life without judging it. Call in the order of `at`. */
  restoreCall(call: JudgedCall, caller: Caller): void {
    if (call.throttledBy === '') {
      this.#take(call);
      this.#state.peaks.everybody.restoreCall(call);
      if (caller === 'ours') {
        this.#state.peaks.ours.restoreCall(call);
      }
    } else {
      this.#countThrottled(call);
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

  /** Cost in the token window now, whoever made it. */
  windowCost(now: number): number {
    this.catchUp(now);
    return this.#state.tokens.sum(now);
  }

  windowRequests(now: number): { readonly count: number; readonly limit: number } {
    this.catchUp(now);
    return { count: this.#state.requests.sum(now), limit: this.#limit(now).requests };
  }

  standing(now: number): Standing {
    this.catchUp(now);
    const { requests, tokens } = this.#state;
    const { requestsPerMinute, tokensPerMinute } = this.limitsAt(now);
    return {
      limitTokens: tokensPerMinute,
      remainingTokens: Math.max(0, tokensPerMinute - tokens.sum(now)),
      resetTokensMs: tokens.msUntil({ now, ceiling: 0 }),
      limitRequests: requestsPerMinute,
      remainingRequests: Math.max(0, this.#limit(now).requests - requests.sum(now)),
      resetRequestsMs: requests.msUntil({ now, ceiling: 0 }),
    };
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

  #judge(call: Call): Verdict {
    const tokenWait = this.#waitMs(call, 'tokens');
    if (tokenWait > 0) {
      return { kind: 'throttled', by: 'tokens', waitMs: tokenWait };
    }
    const requestWait = this.#waitMs(call, 'requests');
    return requestWait > 0 ? { kind: 'throttled', by: 'requests', waitMs: requestWait } : { kind: 'admitted' };
  }

  #decide(call: Call, caller: Caller): Verdict {
    const { uses } = this.#state;
    const verdict = this.#judge(call);
    if (verdict.kind === 'admitted') {
      uses[caller].admit(call.cost);
      this.#take(call);
      this.#measure(call, caller);
      return verdict;
    }
    uses[caller].throttle(verdict.by);
    this.#countThrottled(call);
    return { ...verdict, waitMs: this.#waitMs(call, verdict.by) };
  }

  #take(call: Call): void {
    this.#state.tokens.add(call);
    this.#state.requests.add({ at: call.at, cost: 1 });
  }

  #countThrottled(call: Call): void {
    const { countsThrottled } = this.shape;
    if (countsThrottled !== 'nowhere') {
      this.#state.requests.add({ at: call.at, cost: 1 });
    }
    if (countsThrottled === 'requests-and-tokens') {
      this.#state.tokens.add(call);
    }
  }

  #measure(call: Call, caller: Caller): void {
    const { peaks } = this.#state;
    const limit = this.#limit(call.at);
    const callers = caller === 'ours' ? (['ours', 'everybody'] as const) : (['everybody'] as const);
    for (const of of callers) {
      if (peaks[of].add(call, limit)) {
        this.facts.recorder.peaked(of, peaks[of].fullest);
      }
    }
  }

  #waitMs({ at: now, cost }: Call, by: 'tokens' | 'requests'): number {
    const limit = this.#limit(now);
    return by === 'tokens'
      ? this.#state.tokens.msUntil({ now, ceiling: limit.tokens - cost })
      : this.#state.requests.msUntil({ now, ceiling: limit.requests - 1 });
  }

  /** Most of one window. At least one request, or a small limit could never be used. */
  #limit(now: number): PerWindow {
    const { requestsPerMinute, tokensPerMinute } = this.limitsAt(now);
    const ofWindow = Math.floor((requestsPerMinute * this.shape.requestWindowSeconds) / 60);
    return { tokens: tokensPerMinute, requests: requestsPerMinute <= 0 ? 0 : Math.max(1, ofWindow) };
  }
}
