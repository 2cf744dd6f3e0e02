import type { CallBook } from './call-book.ts';
import { type LimiterUse, noUse } from '../limits/limiter-use.ts';
import { limitersOf, type Region } from '../region.ts';
import type { Interval } from './usage-query.ts';
import type { PerWindow } from '../limits/window-peaks.ts';

/** Answer of `GET /admin/usage`: what was used of what could have been, in an interval of epoch milliseconds. */
export interface UsageReport extends Interval {
  readonly limiters: Readonly<Record<string, LimiterUsage>>;
}

interface LimiterUsage {
  /** The limits in force × the time that each was ÷ their window: what fits in the long run, without what idleness saves. */
  readonly capacity: PerWindow;
  /** Of our calls judged in the interval. */
  readonly ours: LimiterUse;
  readonly neighbour: LimiterUse;
}

export function usageReport(facts: {
  readonly book: CallBook;
  readonly now: number;
  readonly regions: readonly Region[];
  readonly interval: Interval;
}): UsageReport {
  const { book, interval, now, regions } = facts;
  const limiters = [...limitersOf(regions)];
  for (const [, limiter] of limiters) {
    limiter.catchUp(now);
  }
  const rows = book.uses(interval);
  const useOf = (key: string, caller: 'ours' | 'neighbour'): LimiterUse =>
    rows.find((row) => row.limiter === key && row.caller === caller)?.use ?? noUse;
  const usage = limiters.map(([key, limiter]) => {
    const capacity = limiter.capacity(interval);
    return [key, { capacity, ours: useOf(key, 'ours'), neighbour: useOf(key, 'neighbour') }] as const;
  });
  return { ...interval, limiters: Object.fromEntries(usage) };
}
