import type { SimulationRow } from './run-schema.ts';
import { noStoreFaults, type StoreFaults } from './store-faults.ts';

/** What goes wrong in a run, and what is expected of pacing nevertheless. */
export interface FaultScenario {
  readonly about: string;
  readonly store: StoreFaults;
  /** A worker, taken at random, vanishes at this distance; another takes its place 10 s later. */
  readonly crashEveryMs: number | undefined;
  /** Share of its time in which the event loop of each worker stands still, 0.3 to 3 s at once. */
  readonly stalledShare: number;
  /** The service lowers its limits for a time and tells nobody but by its answers; since the beginning of the run. */
  readonly loweredLimit: { readonly fromMs: number; readonly forMs: number; readonly factor: number } | undefined;
  /** Every clock is off by up to this, in ms. */
  readonly clockErrorMs: number;
  /** How far the clock of the first worker is ahead besides, in ms. */
  readonly skewMs: number;
  readonly expected: Expectation;
}

interface Expectation {
  /** Least share of the quota that is used nevertheless. */
  readonly utilisation: number;
  /** Refused calls are expected for so long after the limit was lowered, in ms; 0: never. */
  readonly throttledForMs: number;
}

const none: FaultScenario = {
  about: 'nothing',
  store: noStoreFaults,
  crashEveryMs: undefined,
  stalledShare: 0,
  loweredLimit: undefined,
  clockErrorMs: 25,
  skewMs: 0,
  expected: { utilisation: 0, throttledForMs: 0 },
};

export const faultNames = [
  'none',
  'crashes',
  'stalls',
  'lost-replies',
  'refusals',
  'cosmos-away',
  'loose-clocks',
  'skewed-clock',
  'limit-halved',
] as const;
export type FaultName = (typeof faultNames)[number];

export const faults: Readonly<Record<FaultName, FaultScenario>> = {
  none,
  crashes: {
    ...none,
    about: 'a worker vanishes every 30 s; its jobs come back after 60 s',
    crashEveryMs: 30_000,
    expected: { ...none.expected, utilisation: 0.9 },
  },
  stalls: {
    ...none,
    about: 'every worker stands still 2 % of its time, 0.3 to 3 s at once',
    stalledShare: 0.02,
    expected: { ...none.expected, utilisation: 0.915 },
  },
  'lost-replies': {
    ...none,
    about: '1 % of the writes have no reply; half of those were made',
    store: { ...noStoreFaults, lostReplies: 0.01 },
    expected: { ...none.expected, utilisation: 0.93 },
  },
  refusals: {
    ...none,
    about: '5 % of the exchanges are refused with 429, 449 or 503',
    store: { ...noStoreFaults, refusals: 0.05 },
    expected: { ...none.expected, utilisation: 0.96 },
  },
  'cosmos-away': {
    ...none,
    about: 'Cosmos DB cannot be reached for 30 s',
    store: { ...noStoreFaults, away: { fromMs: 300_000, forMs: 30_000 } },
    expected: { ...none.expected, utilisation: 0.9 },
  },
  'loose-clocks': {
    ...none,
    about: 'every clock is off by up to 110 ms, which is nearly what a worker may be off (B2)',
    clockErrorMs: 110,
    expected: { ...none.expected, utilisation: 0.97 },
  },
  'skewed-clock': {
    ...none,
    about: 'the clock of one worker is 250 ms ahead',
    skewMs: 250,
    expected: { ...none.expected, utilisation: 0.97 },
  },
  'limit-halved': {
    ...none,
    about: 'the service halves its limits for 3 minutes, silently',
    loweredLimit: { fromMs: 300_000, forMs: 180_000, factor: 0.5 },
    expected: { utilisation: 0.85, throttledForMs: 5000 },
  },
};

/** What was expected under the fault and did not come, as short statements. The laws hold under every fault. */
export function missedExpectations(row: SimulationRow): readonly string[] {
  const { expected, loweredLimit } = faults[row.fault];
  const misses: string[] = [];
  if (row.utilisation < expected.utilisation) {
    misses.push(`used ${row.utilisation.toFixed(3)} < ${expected.utilisation}`);
  }
  if (row.worstWindow > 1 && loweredLimit === undefined) {
    misses.push(`worst window ${row.worstWindow.toFixed(4)} > 1`);
  }
  if (row.corrections > 0 && loweredLimit === undefined) {
    misses.push(`${row.corrections} corrections of a limit that nobody changed`);
  }
  const allowedMs = (loweredLimit?.fromMs ?? 0) + expected.throttledForMs;
  if (row.lastThrottledMs > 0 && row.lastThrottledMs > allowedMs) {
    const after =
      loweredLimit === undefined ? '' : `, the last ${seconds(row.lastThrottledMs - loweredLimit.fromMs)} after`;
    misses.push(`${row.throttledPer1000.toFixed(1)} × 429 for 1,000 calls${after}`);
  }
  return misses;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
