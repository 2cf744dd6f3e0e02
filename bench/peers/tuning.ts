import type { HeatRow } from './heat.ts';
import type { PeerSetting } from './field.ts';

/** A little less than the limit, or all of it. */
const firstMargins = [0.92, 1] as const;

/**
 * What every peer is tried with first: the limit in slices of 5 s (bottleneck's documentation wants multiples of that in
 * a cluster), or a whole window's worth at once.
 */
export const firstTries = {
  slices: firstMargins.map((margin) => ({ everySeconds: 5, margin })),
  windows: firstMargins.map((margin) => ({ everySeconds: 60, margin })),
} as const satisfies Record<string, readonly PeerSetting[]>;

/** Without tuning. */
export const untunedSetting: PeerSetting = { everySeconds: 5, margin: 0.96 };

const step = 0.04;

/** What a peer is tried with next: a step to either side of what was best. */
export function nextTries({ everySeconds, margin }: PeerSetting): readonly PeerSetting[] {
  return [margin - step, margin + step].map((one) => ({ everySeconds, margin: Math.round(one * 100) / 100 }));
}

/**
 * What a setting is judged by, the less the better: the makespan ratio, and as much as 1 % of it for each ten 429s per
 * 1,000 jobs; a lost job or a duplicate counts as ten 429s.
 */
export function score(row: Pick<HeatRow, 'makespanRatio' | 'throttledPer1000' | 'lost' | 'duplicates'>): number {
  const { duplicates, lost, makespanRatio, throttledPer1000 } = row;
  return makespanRatio + throttledPer1000 / 1000 + (lost + duplicates) / 100;
}

/** Undefined when there are no rows. */
export function bestSetting(rows: readonly HeatRow[]): PeerSetting | undefined {
  return rows.toSorted((left, right) => score(left) - score(right))[0]?.setting;
}
