import { tokenWindowMs } from './bucket-limits.ts';
import { type BucketState, withCorrection } from './bucket-state.ts';
import type { CallObservation } from './call-observation.ts';
import { EstimateMeter, type EstimateError } from './estimate-meter.ts';
import { TotalsHistory } from './totals-history.ts';

/** What the service counts beyond our own tokens is told apart from rounding from this part of the limit on. */
const noticeablePart = 0.02;

/** What others took is remembered for a window and a little: a count that starts anew each minute shows it at its end. */
const rememberedMs = tokenWindowMs + 10_000;

/** Cells after the call's own in which calls may begin that the service sees before it. */
const overtakenCells = 2;

/** Least time between two changes, in ms: yielding more is urgent, taking back is not. */
const raiseEveryMs = 2000;
const lowerEveryMs = 10_000;
const lowerFromPart = 0.05;

/** What others take is confirmed now and then: what nobody confirms is forgotten. In ms. */
const confirmEveryMs = 30_000;

/** A worker that saw no answer for so long knows nothing of others, in ms. */
const informedForMs = 20_000;

/**
 * How much of the limit others use, from the `remaining` header of our own answers. It describes the service's window when
 * the call was admitted; the bucket knows what we admitted in the same cells, to their ends, so that what is left over is
 * a lower bound of what others took (or of what our estimate of the costs lacks: either way it is not ours to use).
 */
export class OthersMeter {
  readonly #history = new TotalsHistory();
  readonly #estimate = new EstimateMeter();
  /** By cell, the most that the service had counted; until the bucket's own count of these cells is final. */
  readonly #pending = new Map<number, number>();
  #excess: { readonly atMs: number; readonly tokens: number }[] = [];
  /** The first that was seen: what came since grows into a whole window. */
  #first: { readonly atMs: number; readonly tokens: number } | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** How far the estimate of the costs is from what the service counts; undefined until enough was seen. */
  get estimateError(): EstimateError | undefined {
    return this.#estimate.error();
  }

  note(state: BucketState): void {
    this.#history.note(state);
    for (const [cell, usedTokens] of this.#pending) {
      if (cell + overtakenCells < state.head) {
        this.#pending.delete(cell);
        this.#settle(state, cell, usedTokens);
      }
    }
  }

  add(state: BucketState, call: CallObservation): void {
    const { limitTokens, remainingTokens } = call.rateLimit;
    if (limitTokens === undefined || remainingTokens === undefined) {
      return;
    }
    const isPlausible = limitTokens > 0 && remainingTokens >= 0 && remainingTokens <= limitTokens;
    // A refused call was not counted: what it leaves is what the others before it left, which is as good.
    if (isPlausible) {
      const cell = Math.floor(call.startedMs / state.cellMs);
      this.#pending.set(cell, Math.max(this.#pending.get(cell) ?? 0, limitTokens - remainingTokens));
      this.note(state);
    }
  }

  /** The bucket with what others take put in force; undefined when what stands there is near enough. */
  judge(state: BucketState, nowMs: number): BucketState | undefined {
    const { othersTokens, othersAt } = state.service;
    const limit = state.service.tokensPerMinute ?? state.configured.tokensPerMinute;
    const seen = this.#seen(nowMs);
    const wanted = seen < noticeablePart * limit ? 0 : Math.min(limit, Math.ceil(seen));
    const sinceMs = nowMs - othersAt;
    const isMore = wanted > othersTokens + noticeablePart * limit && sinceMs >= raiseEveryMs;
    const isLess = wanted < othersTokens - lowerFromPart * limit || (wanted === 0 && othersTokens > 0);
    const put = (tokens: number): BucketState =>
      withCorrection(state, { service: { ...state.service, othersTokens: tokens, othersAt: nowMs } });
    if (isMore || (isLess && sinceMs >= lowerEveryMs && this.#isInformed(nowMs))) {
      return put(wanted);
    }
    const isConfirmed = !isLess && wanted > 0 && othersTokens > 0;
    return isConfirmed && sinceMs >= confirmEveryMs ? put(othersTokens) : undefined;
  }

  /** Whether a whole window was watched, and lately: what a worker has not seen may be there all the same. */
  #isInformed(nowMs: number): boolean {
    const sinceMs = this.#first === undefined ? 0 : nowMs - this.#first.atMs;
    return sinceMs >= rememberedMs && nowMs - this.#lastAtMs <= informedForMs;
  }

  #seen(nowMs: number): number {
    this.#excess = this.#excess.filter(({ atMs }) => atMs > nowMs - rememberedMs);
    return this.#excess.reduce((most, { tokens }) => Math.max(most, tokens), 0);
  }

  #settle(state: BucketState, cell: number, usedTokens: number): void {
    // A cell more at the old end: a start may come a little after its cell. Two more at the new one: a start of ours that
    // was sent later may have reached the service before this call.
    const ours = this.#history.between(cell - this.#history.windowCells - 1, cell + overtakenCells);
    this.#estimate.add({ cell, usedTokens, history: this.#history });
    if (ours === undefined) {
      return;
    }
    const seen = { atMs: cell * state.cellMs, tokens: Math.max(0, usedTokens - ours) };
    this.#first ??= seen;
    this.#lastAtMs = seen.atMs;
    if (seen.tokens > 0) {
      this.#excess.push({ ...seen, tokens: grown(this.#first, seen) });
    }
  }
}

/** What has grown for less than a window is taken to go on: waiting for the end of it would cost 429s. */
function grown(
  first: { readonly atMs: number; readonly tokens: number },
  seen: { readonly atMs: number; readonly tokens: number },
): number {
  const forMs = seen.atMs - first.atMs;
  const more = Math.max(0, seen.tokens - first.tokens);
  return forMs < leastGrowthMs || forMs >= tokenWindowMs
    ? seen.tokens
    : seen.tokens + more * (tokenWindowMs / forMs - 1);
}

/** What came in a shorter time tells no rate, in ms. */
const leastGrowthMs = 10_000;
