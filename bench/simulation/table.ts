import { missedAims } from './aims.ts';
import { loads } from './loads.ts';
import type { SimulationRow } from './run-schema.ts';

const columns: readonly { readonly title: string; readonly of: (row: SimulationRow) => string }[] = [
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
  const cells = [columns.map(({ title }) => title), ...sorted.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)));
  const verdicts = ['aims', ...sorted.map((row) => verdict(row))];
  return cells
    .map(
      (line, row) =>
        `${line.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('  ')}  ${verdicts[row] ?? ''}`,
    )
    .join('\n');
}

export function verdict(row: SimulationRow): string {
  const misses = missedAims(row);
  return misses.length === 0 ? 'met' : `NOT met: ${misses.join(', ')}`;
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
