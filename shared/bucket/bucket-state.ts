import { z } from 'zod';

/**
 * The persisted state of one quota, as guarded counted cells. Time is cut in cells of `cellMs`; cell n covers
 * [n × cellMs, (n + 1) × cellMs) of epoch time.
 *
 * - B1.1 `head`, the newest cell that was used (it may lie ahead of now), never falls.
 * - B1.2 A counter's `total` only grows; `snaps[i]` is the total when cell `head − i` began, frozen once written.
 * - B1.3 `total − snap(c)` is never less than what was truly admitted from cell c on: a stale total over-counts.
 * - B1.4 Any `windowCells` consecutive cells admit at most the limit, per counter.
 */
const counter = z.object({
  /** Most that any window may admit: tokens or requests. */
  limit: z.number(),
  /** Cells that a window touches at any phase, clock error included; also how many snaps are kept. */
  windowCells: z.number(),
  /** Most that one cell admits, so that a window is not spent in one burst; a lone job may pass it, never the limit. */
  cellCap: z.number(),
  total: z.number(),
  snaps: z.array(z.number()),
});

export const bucketStateSchema = z.object({
  id: z.string(),
  v: z.literal(1),
  /** Version of the limits: a plan made for another version is never admitted. */
  epoch: z.number(),
  cellMs: z.number(),
  head: z.number(),
  tokens: counter,
  requests: counter,
});

export type BucketState = z.infer<typeof bucketStateSchema>;
export type Counter = z.infer<typeof counter>;

export interface BucketLimits {
  readonly tokensPerMinute: number;
  readonly requestsPerMinute: number;
  /** Seconds over which the request limit is judged. */
  readonly requestWindowSeconds: number;
}

/** A cell may take this many times its even share. */
const peak = 1.5;

/** The first document of a bucket: nothing admitted yet. */
export function openBucket(id: string, limits: BucketLimits, nowMs: number): BucketState {
  const { cellMs, jitterMs } = cellsFor(limits);
  const requestWindowMs = limits.requestWindowSeconds * 1000;
  const requestLimit = Math.max(1, Math.floor((limits.requestsPerMinute * limits.requestWindowSeconds) / 60));
  const counterOf = (limit: number, windowMs: number): Counter => {
    const windowCells = Math.ceil((windowMs + jitterMs) / cellMs) + 1;
    const cellCap = Math.max(1, Math.floor((peak * limit * cellMs) / windowMs));
    return { limit, windowCells, cellCap, total: 0, snaps: Array.from({ length: windowCells }, () => 0) };
  };
  return {
    id,
    v: 1,
    epoch: 1,
    cellMs,
    head: Math.floor(nowMs / cellMs),
    tokens: counterOf(limits.tokensPerMinute, 60_000),
    requests: counterOf(requestLimit, requestWindowMs),
  };
}

/** Whether the stored limits are the configured ones. */
export function hasLimits(state: BucketState, limits: BucketLimits): boolean {
  const wanted = openBucket(state.id, limits, 0);
  return (
    state.cellMs === wanted.cellMs &&
    state.tokens.limit === wanted.tokens.limit &&
    state.requests.limit === wanted.requests.limit &&
    state.requests.windowCells === wanted.requests.windowCells
  );
}

/**
 * The same bucket under other limits, in the next epoch. What was admitted still counts. When the cells change their
 * length, everything admitted is booked at the head, which over-counts and so stays safe.
 */
export function withLimits(state: BucketState, limits: BucketLimits, nowMs: number): BucketState {
  const fresh = openBucket(state.id, limits, nowMs);
  const carry = (old: Counter, next: Counter): Counter => {
    const oldest = old.snaps.at(-1) ?? 0;
    const snaps =
      state.cellMs === fresh.cellMs
        ? next.snaps.map((_, index) => old.snaps[index] ?? oldest)
        : next.snaps.map((_, index) => (index === 0 ? old.total : oldest));
    return { ...next, total: old.total, snaps };
  };
  const head = state.cellMs === fresh.cellMs ? state.head : Math.max(fresh.head, cellAt(state, fresh.cellMs));
  const tokens = carry(state.tokens, fresh.tokens);
  return { ...fresh, epoch: state.epoch + 1, head, tokens, requests: carry(state.requests, fresh.requests) };
}

function cellAt(state: BucketState, cellMs: number): number {
  return Math.ceil(((state.head + 1) * state.cellMs) / cellMs);
}

/** Half-second cells; quarter-second ones where requests are judged over a single second. */
function cellsFor(limits: BucketLimits): { readonly cellMs: number; readonly jitterMs: number } {
  return limits.requestWindowSeconds < 10 ? { cellMs: 250, jitterMs: 250 } : { cellMs: 500, jitterMs: 500 };
}
