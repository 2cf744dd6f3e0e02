import type { CpuShares } from './machine-load.ts';
import {
  callsRepeated,
  fullestWindow,
  type Interval,
  jainIndex,
  type LimitStep,
  makespanRatio,
  type MeasuredCall,
  meanFullness,
  shareOfInterval,
} from './measure.ts';
import { limitSteps, type PacingRun, windowMs } from './plan-runs.ts';
import { quantile } from '../quantile.ts';
import type { ProcessOutcome, RegionOutcome, RunOutcome } from './run-outcome.ts';
import { type PacingRegion, pacingRegions } from './scenario.ts';
import type { ServiceUsage } from './service-usage.ts';

/** What was seen of a run, from outside. */
export interface RunFacts {
  readonly firstCallMs: number;
  readonly loweredAt: readonly number[];
  /** By region: all calls of the run's jobs. */
  readonly calls: ReadonlyMap<string, readonly MeasuredCall[]>;
  /** By region: what each job in hand waited for its start, in ms. */
  readonly waits: ReadonlyMap<string, readonly number[]>;
  /** By region: what the service itself says of the measured interval. */
  readonly usage: ReadonlyMap<string, ServiceUsage | undefined>;
  readonly processes: readonly ProcessOutcome[];
  readonly jobs: number;
  readonly completed: number;
  readonly cpu: CpuShares;
  readonly stackLagP99Ms: number | undefined;
}

export function judgeRun(run: PacingRun, facts: RunFacts): RunOutcome {
  const { loweredAt, processes, jobs, completed, cpu, stackLagP99Ms } = facts;
  const working = processes.filter((_, index) => index !== run.scenario.skewedClock?.process);
  const measured = { fromMs: facts.firstCallMs, toMs: facts.firstCallMs + run.measuredMs };
  return {
    measured,
    loweredAt,
    regions: pacingRegions.map((region) => judgeRegion(run, facts, { region, measured })),
    processes,
    jain: jainIndex(working.map(({ calls }) => calls)),
    jobs,
    completed,
    repeated: callsRepeated([...facts.calls.values()].flat()),
    cpu,
    stackLagP99Ms,
  };
}

function judgeRegion(
  run: PacingRun,
  facts: RunFacts,
  { region, measured }: { readonly region: PacingRegion; readonly measured: Interval },
): RegionOutcome {
  const { firstCallMs } = facts;
  const calls = facts.calls.get(region.name) ?? [];
  const waits = facts.waits.get(region.name) ?? [];
  const steps: readonly LimitStep[] = limitSteps(run.scenario).map((step) => ({
    ...step,
    fromMs: firstCallMs + step.fromMs,
  }));
  return {
    region,
    calls,
    steps,
    utilisation: meanFullness(calls, steps, { ...measured, windowMs }),
    shareOfInterval: shareOfInterval(calls, steps, measured),
    worstWindow: fullestWindow(calls, limitSteps({ ...run.scenario, neighbourShare: 0 }), windowMs),
    throttled429: calls.filter((call) => call.isThrottled).length,
    makespanRatio: makespanRatio(calls, steps, firstCallMs),
    waitP50Ms: quantile(waits, 0.5),
    waitP99Ms: quantile(waits, 0.99),
    usage: facts.usage.get(region.name),
  };
}

const mostCpuShare = 0.6;
const mostLagMs = 50;

/** Why a run counts for nothing: empty when it does count. */
export function voidReasons(run: Pick<PacingRun, 'isFull'>, outcome: RunOutcome): readonly string[] {
  const { cpu, stackLagP99Ms, processes } = outcome;
  const lags = [
    { name: 'the stack', lagP99Ms: stackLagP99Ms },
    ...processes.map(({ lagP99Ms }, index) => ({ name: `process ${index}`, lagP99Ms })),
  ];
  const late = lags.filter(({ lagP99Ms }) => lagP99Ms === undefined || lagP99Ms > mostLagMs);
  return [
    ...(run.isFull ? [] : ['it was shortened']),
    ...(cpu.machine <= mostCpuShare ? [] : [`CPU ${percent(cpu.machine)}, above ${percent(mostCpuShare)}`]),
    ...late.map(({ name, lagP99Ms }) =>
      lagP99Ms === undefined
        ? `the event loop of ${name} was not seen`
        : `the event loop of ${name} was ${lagP99Ms.toFixed(0)} ms late at p99, above ${mostLagMs} ms`,
    ),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
