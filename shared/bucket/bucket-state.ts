import { z } from 'zod';
import {
  type BucketLimits,
  type CellShape,
  cellsFor,
  limitsInForce,
  peak,
  type ServiceSays,
  serviceSaysNothing,
  tokenWindowMs,
} from './bucket-limits.ts';

/**
 * The persisted state of one quota, as guarded counted cells. Time is cut in cells of `cellMs`; cell n covers
 * [n × cellMs, (n + 1) × cellMs) of the service's time (see `service-clock.ts`).
 *
 * - B1.1 `head`, the newest cell that was used (it may lie ahead of now), never falls.
 * - B1.2 A counter's `total` only grows; `snaps[i]` is the total when cell `head − i` began, frozen once written.
 * - B1.3 `total − snap(c)` is never less than what was truly admitted from cell c on: a stale total over-counts.
 * - B1.4 Any `windowCells` consecutive cells admit at most the limit in force when the last of them was admitted, per
 *   counter.
 * - B1.5 Whatever changes the limits or sets a throttle begins an epoch; a plan made for another one is never admitted.
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

const configured = z.object({
  tokensPerMinute: z.number(),
  requestsPerMinute: z.number(),
  requestWindowSeconds: z.number(),
  share: z.number(),
});

const serviceSays = z.object({
  tokensPerMinute: z.number().nullable(),
  requestsPerMinute: z.number().nullable(),
  at: z.number(),
  confirmedAt: z.number(),
  othersTokens: z.number(),
  othersAt: z.number(),
});

/** What a 429 led to: no start before `untilMs`. One storm is answered once, by the first to write. */
const throttle = z.object({
  untilMs: z.number(),
  /** When it was set: a 429 to a call that was sent before belongs to the same storm. */
  at: z.number(),
  /** Storms in a row, each soon after the one before. */
  strikes: z.number(),
});

const neverThrottled: Throttle = { untilMs: 0, at: 0, strikes: 0 };

export const bucketStateSchema = z.object({
  id: z.string(),
  v: z.literal(1),
  /** Version of the limits and of the throttle. */
  epoch: z.number(),
  cellMs: z.number(),
  head: z.number(),
  tokens: counter,
  requests: counter,
  /** The settings that were last put in force; absent in documents of earlier versions. */
  configured: configured.default({ tokensPerMinute: 0, requestsPerMinute: 0, requestWindowSeconds: 0, share: 1 }),
  service: serviceSays.default(serviceSaysNothing),
  throttle: throttle.default(neverThrottled),
});

export type BucketState = z.infer<typeof bucketStateSchema>;
export type Counter = z.infer<typeof counter>;
export type Throttle = z.infer<typeof throttle>;

/** The first document of a bucket: nothing admitted yet. */
export function openBucket(id: string, limits: BucketLimits, nowMs: number): BucketState {
  const shape = cellsFor(limits);
  const inForce = limitsInForce(limits, serviceSaysNothing);
  return {
    id,
    v: 1,
    epoch: 1,
    cellMs: shape.cellMs,
    head: Math.floor(nowMs / shape.cellMs),
    tokens: emptyCounter(inForce.tokens, tokenWindowMs, shape),
    requests: emptyCounter(inForce.requests, limits.requestWindowSeconds * 1000, shape),
    configured: { ...limits },
    service: serviceSaysNothing,
    throttle: neverThrottled,
  };
}

/** Whether the stored settings are the configured ones. */
export function hasLimits(state: BucketState, limits: BucketLimits): boolean {
  const { configured: stored } = state;
  return (
    stored.tokensPerMinute === limits.tokensPerMinute &&
    stored.requestsPerMinute === limits.requestsPerMinute &&
    stored.requestWindowSeconds === limits.requestWindowSeconds &&
    stored.share === limits.share
  );
}

/**
 * The same bucket under other settings, in the next epoch. What was admitted still counts. When the cells change their
 * length, everything admitted is booked at the head, which over-counts and so stays safe. What the service said is
 * forgotten: its next answer tells it again.
 */
export function withLimits(state: BucketState, limits: BucketLimits, nowMs: number): BucketState {
  const fresh = openBucket(state.id, limits, nowMs);
  const unlowered = limitsInForce(state.configured, serviceSaysNothing);
  const carry = (old: Counter, next: Counter, mostInWindow: number): Counter => {
    const oldest = old.snaps.at(-1) ?? 0;
    // Nobody kept what lies further back than the old window: as much as could have been admitted there counts (B1.3).
    const oldSpanMs = old.windowCells * state.cellMs;
    const windows = Math.ceil(Math.max(0, next.windowCells * fresh.cellMs - oldSpanMs) / oldSpanMs);
    const older = Math.max(0, oldest - windows * Math.max(old.limit, mostInWindow));
    const snaps =
      state.cellMs === fresh.cellMs
        ? next.snaps.map((_, index) => old.snaps[index] ?? older)
        : next.snaps.map((_, index) => (index === 0 ? old.total : older));
    return { ...next, total: old.total, snaps };
  };
  const head = state.cellMs === fresh.cellMs ? state.head : Math.max(fresh.head, cellAt(state, fresh.cellMs));
  const { throttle: standing } = state;
  const tokens = carry(state.tokens, fresh.tokens, unlowered.tokens);
  const requests = carry(state.requests, fresh.requests, unlowered.requests);
  return { ...fresh, epoch: state.epoch + 1, head, tokens, requests, throttle: standing };
}

/** The same bucket under other words of the service, in the next epoch; cells, totals and snaps stay as they are. */
export function withCorrection(
  state: BucketState,
  to: { readonly service?: ServiceSays; readonly throttle?: Throttle },
): BucketState {
  const service = to.service ?? state.service;
  const inForce = limitsInForce(state.configured, service);
  const limited = (old: Counter, limit: number, windowMs: number): Counter => ({
    ...old,
    limit,
    cellCap: cellCapOf(limit, windowMs, state.cellMs),
  });
  return {
    ...state,
    epoch: state.epoch + 1,
    tokens: limited(state.tokens, inForce.tokens, tokenWindowMs),
    requests: limited(state.requests, inForce.requests, state.configured.requestWindowSeconds * 1000),
    service,
    throttle: to.throttle ?? state.throttle,
  };
}

function emptyCounter(limit: number, windowMs: number, { cellMs, jitterMs }: CellShape): Counter {
  const windowCells = Math.ceil((windowMs + jitterMs) / cellMs) + 1;
  const cellCap = cellCapOf(limit, windowMs, cellMs);
  return { limit, windowCells, cellCap, total: 0, snaps: Array.from({ length: windowCells }, () => 0) };
}

function cellCapOf(limit: number, windowMs: number, cellMs: number): number {
  return Math.max(1, Math.floor((peak * limit * cellMs) / windowMs));
}

function cellAt(state: BucketState, cellMs: number): number {
  return Math.ceil(((state.head + 1) * state.cellMs) / cellMs);
}
