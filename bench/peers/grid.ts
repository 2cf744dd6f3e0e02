import type { HeatRow } from './heat.ts';
import type { PeerName, PeerSetting } from './field.ts';

/** A whole window's worth at once, or a slice of it: bottleneck's documentation wants multiples of 5 s in a cluster. */
const everySeconds = [5, 60] as const;

/** Those who count jobs have to leave room for what jobs differ by; those who count tokens less. */
const margins: Readonly<Record<PeerName, readonly number[]>> = {
  'p-queue': [0.9, 0.97, 1.05],
  bullmq: [0.9, 0.97, 1.05],
  bottleneck: [0.94, 0.97, 1],
  'rate-limiter-flexible': [0.94, 0.97, 1],
};

/** The settings that are tried, in rounds that run at the same time. */
export function roundsOf(peer: PeerName): readonly (readonly PeerSetting[])[] {
  return everySeconds.map((seconds) => margins[peer].map((margin) => ({ everySeconds: seconds, margin })));
}

/** Without tuning: small slices, the middle margin. */
export function untunedSetting(peer: PeerName): PeerSetting {
  return { everySeconds: everySeconds[0], margin: margins[peer][1] ?? 1 };
}

/**
 * What a setting is judged by, the less the better: the makespan ratio, and as much as 1 % of it for each ten 429s per
 * 1,000 jobs; a lost job or a duplicate counts as ten 429s.
 */
export function score(row: Pick<HeatRow, 'makespanRatio' | 'throttledPer1000' | 'lost' | 'duplicates'>): number {
  const { duplicates, lost, makespanRatio, throttledPer1000 } = row;
  return makespanRatio + throttledPer1000 / 1000 + (lost + duplicates) / 100;
}

/** @throws when there are no rows */
export function bestRow(rows: readonly HeatRow[]): HeatRow {
  const [best] = rows.toSorted((left, right) => score(left) - score(right));
  if (best === undefined) {
    throw new Error('Of no runs, none is the best.');
  }
  return best;
}
