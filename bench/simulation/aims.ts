import type { LoadName } from './loads.ts';
import type { SimulationRow } from './run-schema.ts';

const leastUtilisation: Readonly<Record<LoadName, number>> = {
  '80k': 0.93,
  '1M': 0.975,
  '10M': 0.98,
  'request-bound': 0.94,
};

/** What a clean run promises and did not keep, as short statements; empty when everything is met. */
export function missedAims(row: SimulationRow): readonly string[] {
  const misses: string[] = [];
  const atMost = (name: string, value: number, limit: number): void => {
    if (value > limit) {
      misses.push(`${name} ${Number(value.toFixed(4))} > ${limit}`);
    }
  };
  atMost('worst window', row.worstWindow, 1);
  atMost('429 per 1,000', row.throttledPer1000, 0);
  atMost('corrections of a limit that nobody changed', row.corrections, 0);
  const least = leastUtilisation[row.load];
  if (row.arrival === 'saturated' && row.utilisation < least) {
    misses.push(`utilisation ${row.utilisation.toFixed(4)} < ${least}`);
  }
  if (row.arrival === 'saturated' && row.load === '1M' && row.workers === 256) {
    atMost('operations a job', row.bucketOpsPerJob, 2.2);
    atMost('RU a job', row.ruPerJob, 20);
  }
  if (row.arrival === 'saturated' && row.load === '1M' && row.workers === 1) {
    atMost('operations a job', row.bucketOpsPerJob, 0.2);
  }
  return misses;
}
