import { missedAims } from './aims.ts';
import { faults, missedExpectations } from './faults.ts';
import { loads } from './loads.ts';
import type { SimulationRow } from './run-schema.ts';

interface Column {
  readonly title: string;
  readonly of: (row: SimulationRow) => string;
}

const columns: readonly Column[] = [
  { title: 'load', of: (row) => row.load },
  { title: 'arrivals', of: (row) => row.arrival },
  { title: 'window', of: (row) => row.window },
  { title: 'workers', of: (row) => String(row.workers) },
  { title: 'used', of: (row) => row.utilisation.toFixed(3) },
  { title: 'worst', of: (row) => row.worstWindow.toFixed(4) },
  { title: '429/1000', of: (row) => row.throttledPer1000.toFixed(2) },
  { title: 'ops/job', of: (row) => row.bucketOpsPerJob.toFixed(3) },
  { title: 'RU/job', of: (row) => row.ruPerJob.toFixed(2) },
  { title: 'refused', of: (row) => row.conflictRate.toFixed(3) },
  { title: 'Jain', of: (row) => (hasManyJobs(row) ? row.jain.toFixed(3) : '–') },
  { title: 'wait p50', of: (row) => duration(row.waitP50Ms) },
  { title: 'p99', of: (row) => duration(row.waitP99Ms) },
  { title: 'jobs', of: (row) => String(row.jobs) },
  { title: 'corrected', of: (row) => String(row.corrections) },
  { title: 'thrown', of: (row) => String(row.missed) },
];

/** Clean runs, one a line, in the order of the loads, with the aims that are met or not. */
export function cleanTable(rows: readonly SimulationRow[]): string {
  const names = Object.keys(loads);
  const sorted = rows.toSorted(
    (a, b) =>
      names.indexOf(a.load) - names.indexOf(b.load) ||
      b.arrival.localeCompare(a.arrival) ||
      b.window.localeCompare(a.window) ||
      a.workers - b.workers,
  );
  return table(sorted, [...columns, { title: '', of: verdict }]);
}

/** Runs with faults, with what each costs against the clean run of the same load, window and number of workers. */
export function faultTable(rows: readonly SimulationRow[], clean: readonly SimulationRow[]): string {
  const names = Object.keys(faults);
  const sorted = rows.toSorted(
    (a, b) =>
      names.indexOf(a.fault) - names.indexOf(b.fault) ||
      a.load.localeCompare(b.load) ||
      a.workers - b.workers ||
      b.window.localeCompare(a.window),
  );
  const lost = (row: SimulationRow): string => {
    const same = clean.find(
      (one) =>
        one.arrival === row.arrival &&
        one.load === row.load &&
        one.window === row.window &&
        one.workers === row.workers,
    );
    return same === undefined ? '–' : (100 * (same.utilisation - row.utilisation)).toFixed(1);
  };
  const [load, , ...others] = columns;
  return table(sorted, [
    { title: 'fault', of: (row) => row.fault },
    ...(load === undefined ? [] : [load]),
    { title: 'points lost', of: lost },
    ...others,
    { title: '', of: verdict },
  ]);
}

/** Whether a run did what is aimed at, or under a fault what is expected. */
export function verdict(row: SimulationRow): string {
  const misses = missesOf(row);
  const [good, bad] = row.fault === 'none' ? ['aims met', 'NOT met'] : ['as expected', 'NOT as expected'];
  return misses.length === 0 ? good : `${bad}: ${misses.join(', ')}`;
}

export function missesOf(row: SimulationRow): readonly string[] {
  return row.fault === 'none' ? missedAims(row) : missedExpectations(row);
}

/** Aligned columns; the last one starts where the others end. */
function table(rows: readonly SimulationRow[], shown: readonly Column[]): string {
  const lines = [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ of }) => of(row)))];
  const widths = shown.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  const last = shown.length - 1;
  return lines
    .map((line) =>
      line
        .map((cell, index) => (index === last ? cell : cell.padStart(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Fairness among workers that got less than a handful of jobs each says nothing. */
function hasManyJobs(row: SimulationRow): boolean {
  return row.jobs >= 5 * row.workers;
}

function duration(ms: number): string {
  if (ms < 1000) {
    return `${ms.toFixed(0)} ms`;
  }
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
