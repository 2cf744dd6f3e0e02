import { meanCost } from './load-shape.ts';
import { type LimitStep, limitOver } from './measure.ts';
import { pacingRegions, type Scenario } from './scenario.ts';

/** One scenario with one number of processes. */
export interface PacingRun {
  /** Folder, prefix of job ids and name in the progress: `steady-4`. */
  readonly name: string;
  readonly scenario: Scenario;
  readonly processes: number;
  readonly seed: number;
  /** From the first call on. */
  readonly measuredMs: number;
  /** Whole windows: false for a shortened run. */
  readonly isFull: boolean;
}

export const windowMs = 60_000;

/** The load is larger than what the measured windows take, so that they are saturated to their end. */
const surplus = 1.05;

/** Seconds' worth of jobs that all processes hold together: calls under way, and those pulled ahead. */
const secondsInHand = 7;
const leastInHand = 8;

/** Share of two CPUs that a run takes, as measured: so much for each call a second, and for each process. */
const cpuPerCall = 0.0075;
const cpuPerProcess = 0.0175;
/** Of all runs at the same time; a run is void above 60 %, and the machine does other things too. */
const mostCpuShare = 0.52;

export function planRuns(input: {
  readonly scenarios: readonly Scenario[];
  readonly processes: readonly number[] | undefined;
  readonly seed: number;
  readonly seconds: number | undefined;
}): readonly PacingRun[] {
  const { seed, seconds } = input;
  return input.scenarios.flatMap((scenario) =>
    (input.processes ?? scenario.processes).map((processes) => ({
      name: `${scenario.name}-${processes}`,
      scenario,
      processes,
      seed,
      measuredMs: seconds === undefined ? scenario.windows * windowMs : seconds * 1000,
      isFull: seconds === undefined,
    })),
  );
}

/** Runs that may go at the same time, in their order: as many as fit, and one at the least. */
export function groupRuns(runs: readonly PacingRun[], isOneAtATime: boolean): readonly (readonly PacingRun[])[] {
  const groups: PacingRun[][] = [];
  let share = Number.POSITIVE_INFINITY;
  for (const run of runs) {
    const own = expectedCpuShare(run);
    if (isOneAtATime || share + own > mostCpuShare) {
      groups.push([]);
      share = 0;
    }
    groups.at(-1)?.push(run);
    share += own;
  }
  return groups;
}

/** Of a region, for times after the first call; what a neighbour eats is not ours. */
export function limitSteps({ quota, disturbances = [], neighbourShare = 0 }: Scenario): readonly LimitStep[] {
  const tokensPerMinute = quota.tokensPerMinute * (1 - neighbourShare);
  const lowered = disturbances.flatMap((one) =>
    one.kind === 'lower-limit'
      ? [
          { fromMs: one.afterMs, tokensPerMinute: tokensPerMinute * one.factor },
          { fromMs: one.afterMs + one.forMs, tokensPerMinute },
        ]
      : [],
  );
  return [{ fromMs: 0, tokensPerMinute }, ...lowered];
}

/** Cost of all jobs of a run. */
export function loadTokens({ scenario, measuredMs }: Pick<PacingRun, 'scenario' | 'measuredMs'>): number {
  const ofRegion = limitOver(limitSteps(scenario), { fromMs: 0, toMs: measuredMs });
  return ofRegion * pacingRegions.length * surplus;
}

/** Most jobs that one process may hold: together they hold no more than what keeps both regions busy. */
export function jobsInHand({ scenario, processes }: Pick<PacingRun, 'scenario' | 'processes'>): number {
  return Math.max(leastInHand, Math.ceil((callsPerSecond(scenario) * secondsInHand) / processes));
}

/** Calls that the quota of all regions lets through in a second. */
function callsPerSecond({ quota, shape }: Scenario): number {
  return (quota.tokensPerMinute * pacingRegions.length) / 60 / meanCost(shape.costs);
}

function expectedCpuShare({ scenario, processes }: PacingRun): number {
  return callsPerSecond(scenario) * cpuPerCall + cpuPerProcess * processes;
}
