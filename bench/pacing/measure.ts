/**
 * What a run was worth, from the log of the simulated service alone. Pure: times are epoch milliseconds, costs are the
 * tokens that the service booked.
 */

/** One call as the service saw it; `at` is its admission, or its arrival when it was refused. */
export interface MeasuredCall {
  readonly at: number;
  readonly cost: number;
  readonly isAdmitted: boolean;
  readonly isThrottled: boolean;
  readonly jobId: string;
}

/** From an instant on, the limit is this, until the next step. */
export interface LimitStep {
  readonly fromMs: number;
  readonly tokensPerMinute: number;
}

/** From `fromMs` up to and without `toMs`. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Cost that was admitted within the interval. */
export function admittedCost(calls: readonly MeasuredCall[], { fromMs, toMs }: Interval): number {
  return calls.reduce(
    (sum, call) => (call.isAdmitted && call.at >= fromMs && call.at < toMs ? sum + call.cost : sum),
    0,
  );
}

/** What the limit lets through in the interval: its integral over time. @param steps in order of time */
export function limitOver(steps: readonly LimitStep[], { fromMs, toMs }: Interval): number {
  let sum = 0;
  for (const [index, step] of steps.entries()) {
    const from = index === 0 ? fromMs : Math.max(fromMs, step.fromMs);
    const to = Math.min(toMs, steps[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY);
    sum += (Math.max(0, to - from) * step.tokensPerMinute) / 60_000;
  }
  return sum;
}

/**
 * Admitted cost ÷ what the limit lets through in the same interval. Simple, and it depends on where the interval ends:
 * a full burst every 61 s fills three windows of 60 s from the first one on to 1, though it uses 60 ÷ 61.
 */
export function shareOfInterval(
  calls: readonly MeasuredCall[],
  steps: readonly LimitStep[],
  interval: Interval,
): number {
  return admittedCost(calls, interval) / limitOver(steps, interval);
}

/**
 * Mean fullness of all windows of the length, at every phase, that lie within the interval: it cannot exceed the fullest
 * window, and it does not depend on the phase of bursts. Of an interval no longer than a window, its share.
 */
export function meanFullness(
  calls: readonly MeasuredCall[],
  steps: readonly LimitStep[],
  { windowMs, ...interval }: Interval & { readonly windowMs: number },
): number {
  const { fromMs, toMs } = interval;
  if (toMs - fromMs <= windowMs) {
    return shareOfInterval(calls, steps, interval);
  }
  // For how long an instant lies in the window while that moves through the interval: it rises, stays, and falls.
  const mostMs = Math.min(windowMs, toMs - fromMs - windowMs);
  const weightAt = (at: number): number => Math.max(0, Math.min(at - fromMs, toMs - at, mostMs));
  const admitted = calls.reduce((sum, call) => (call.isAdmitted ? sum + call.cost * weightAt(call.at) : sum), 0);
  // Between these the weight is linear and the limit constant: the trapezoid is exact.
  const corners = [fromMs, fromMs + mostMs, toMs - mostMs, toMs, ...steps.map((step) => step.fromMs)]
    .filter((at) => at >= fromMs && at <= toMs)
    .toSorted((left, right) => left - right);
  const allowed = corners.reduce((sum, from, index) => {
    const to = corners[index + 1] ?? from;
    return sum + (limitOver(steps, { fromMs: from, toMs: to }) * (weightAt(from) + weightAt(to))) / 2;
  }, 0);
  return admitted / allowed;
}

/** Largest cost admitted in any window of the length, at any phase, ÷ the largest limit; a window is half open. */
export function fullestWindow(calls: readonly MeasuredCall[], steps: readonly LimitStep[], windowMs: number): number {
  const admitted = calls.filter((call) => call.isAdmitted).toSorted((left, right) => left.at - right.at);
  let oldest = 0;
  let cost = 0;
  let most = 0;
  for (const call of admitted) {
    cost += call.cost;
    for (let first = admitted[oldest]; first !== undefined && first.at <= call.at - windowMs;) {
      cost -= first.cost;
      oldest += 1;
      first = admitted[oldest];
    }
    most = Math.max(most, cost);
  }
  return most / Math.max(...steps.map((step) => step.tokensPerMinute));
}

/**
 * Time from `fromMs` to the last admitted call, ÷ the time that the admitted cost takes at the limit's rate. Below 1 when
 * the load ends before a burst from idle has been paid back.
 */
export function makespanRatio(calls: readonly MeasuredCall[], steps: readonly LimitStep[], fromMs: number): number {
  const starts = calls.filter((call) => call.isAdmitted && call.at >= fromMs);
  const lastMs = Math.max(...starts.map((call) => call.at));
  const cost = starts.reduce((sum, call) => sum + call.cost, 0);
  return (lastMs - fromMs) / timeFor(steps, fromMs, cost);
}

/** How long the limit takes to let `cost` through from `fromMs` on, in ms. */
function timeFor(steps: readonly LimitStep[], fromMs: number, cost: number): number {
  let left = cost;
  for (const [index, step] of steps.entries()) {
    const from = index === 0 ? fromMs : Math.max(fromMs, step.fromMs);
    const to = steps[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const room = limitOver(steps, { fromMs: from, toMs: Math.max(from, to) });
    if (left <= room) {
      return from - fromMs + (left * 60_000) / step.tokensPerMinute;
    }
    left -= room;
  }
  return Number.POSITIVE_INFINITY;
}

/** Calls that were answered 429 within the interval. */
export function throttledWithin(calls: readonly MeasuredCall[], { fromMs, toMs }: Interval): number {
  return calls.filter((call) => call.isThrottled && call.at >= fromMs && call.at < toMs).length;
}

/** Jobs that were admitted more than once. */
export function callsRepeated(calls: readonly MeasuredCall[]): number {
  const admitted = calls.filter((call) => call.isAdmitted);
  return admitted.length - new Set(admitted.map((call) => call.jobId)).size;
}

/** Jain's index of fairness: 1 when all have the same, 1 ÷ n when one has everything. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share ** 2, 0);
  return squares === 0 ? Number.NaN : sum ** 2 / (shares.length * squares);
}
