import { voidReasons } from './judge-run.ts';
import type { JudgedRun } from './run-group.ts';
import type { WindowKind } from './scenario.ts';

/** A row of the last line. */
export interface PacingRow {
  readonly scenario: string;
  readonly processes: number;
  readonly window: WindowKind;
  readonly utilisation: number;
  readonly throttled429: number;
  readonly makespanRatio: number;
  readonly waitP99Ms: number;
  readonly valid: boolean;
  readonly worstWindow: number;
  readonly isMet: boolean;
}

/** Two rows a run, one for each kind of window. */
export function pacingRows(judged: readonly JudgedRun[]): readonly PacingRow[] {
  return judged.flatMap(({ run, outcome }) => {
    const valid = voidReasons(run, outcome).length === 0;
    const isMet = run.scenario.expect(outcome).every((finding) => finding.isMet);
    return outcome.regions.map((one) => ({
      scenario: run.scenario.name,
      processes: run.processes,
      window: one.region.window,
      utilisation: rounded(one.utilisation, 4),
      throttled429: one.throttled429,
      makespanRatio: rounded(one.makespanRatio, 4),
      waitP99Ms: rounded(one.waitP99Ms, 0),
      valid,
      worstWindow: rounded(one.worstWindow, 4),
      isMet,
    }));
  });
}

const columns = [
  'scenario',
  'processes',
  'window',
  'utilisation',
  'of interval',
  'worst',
  '429',
  'makespan',
  'wait p50 ms',
  'wait p99 ms',
] as const;

/** The table for people, and under it what each run was to show. */
export function pacingReport(judged: readonly JudgedRun[]): string {
  const rows = judged.flatMap(({ run, outcome }) =>
    outcome.regions.map((one) => [
      run.scenario.name,
      String(run.processes),
      one.region.window,
      one.utilisation.toFixed(4),
      one.shareOfInterval.toFixed(4),
      one.worstWindow.toFixed(4),
      String(one.throttled429),
      one.makespanRatio.toFixed(3),
      one.waitP50Ms.toFixed(0),
      one.waitP99Ms.toFixed(0),
    ]),
  );
  return [...tableOf([columns, ...rows]), '', ...judged.flatMap(verdictOf)].join('\n');
}

function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

function verdictOf({ run, outcome }: JudgedRun): readonly string[] {
  const reasons = voidReasons(run, outcome);
  const lags = outcome.processes.map(({ lagP99Ms }) => lagP99Ms?.toFixed(0) ?? '?').join(', ');
  const calls = outcome.processes.map((process) => process.calls).join(', ');
  return [
    `${run.name}: ${reasons.length === 0 ? 'counts' : `VOID: ${reasons.join('; ')}`}`,
    `  CPU ${percent(outcome.cpu.machine)}, of it ${percent(outcome.cpu.own)} by the run's processes; event loop late at p99: stack ${outcome.stackLagP99Ms?.toFixed(0) ?? '?'} ms, processes ${lags} ms`,
    `  calls by process: ${calls} (Jain ${outcome.jain.toFixed(3)})`,
    ...run.scenario.expect(outcome).map(({ what, isMet }) => `  ${isMet ? 'met    ' : 'NOT met'}  ${what}`),
  ];
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
