import type { HeatRow } from '../../../bench/peers/heat.ts';

/** A row of a run without a fault. */
export function heatRow(changes: Partial<HeatRow>): HeatRow {
  return {
    contender: 'bottleneck',
    setting: { everySeconds: 5, margin: 0.97 },
    seed: 2,
    window: 'sliding',
    utilisation: 0.97,
    throttledPer1000: 0,
    attemptsPerJob: 1,
    makespanSeconds: 180,
    makespanRatio: 1,
    waitP50Ms: 90_000,
    waitP99Ms: 178_000,
    lost: 0,
    duplicates: 0,
    cpuMsPerJob: 4,
    busyShare: 0.3,
    lagP99Ms: 2,
    valid: true,
    ...changes,
  };
}
