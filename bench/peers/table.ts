import type { HeatRow } from './heat.ts';

export interface Column {
  readonly name: string;
  /** What the plot's panel says below its title. */
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly of: (row: HeatRow) => number;
  readonly digits: number;
}

export const columns: readonly Column[] = [
  { name: 'utilisation', unit: 'share of the limit', better: 'more', of: (row) => row.utilisation, digits: 3 },
  {
    name: '429 answers',
    unit: 'per 1,000 jobs',
    better: 'less',
    of: (row) => row.throttledPer1000,
    digits: 1,
  },
  { name: 'makespan', unit: '÷ (total cost ÷ limit)', better: 'less', of: (row) => row.makespanRatio, digits: 3 },
  { name: 'wait p50', unit: 'seconds', better: 'less', of: (row) => row.waitP50Ms / 1000, digits: 1 },
  { name: 'wait p99', unit: 'seconds', better: 'less', of: (row) => row.waitP99Ms / 1000, digits: 1 },
  { name: 'lost', unit: 'jobs', better: 'less', of: (row) => row.lost, digits: 0 },
  { name: 'duplicates', unit: 'jobs', better: 'less', of: (row) => row.duplicates, digits: 0 },
  { name: 'CPU a job', unit: 'ms', better: 'less', of: (row) => row.cpuMsPerJob, digits: 2 },
];

/** The rows of each contender, in the order in which contenders first come. */
export function byContender(rows: readonly HeatRow[]): ReadonlyMap<string, readonly HeatRow[]> {
  return Map.groupBy(rows, ({ contender }) => contender);
}

/** Every run, for a terminal. */
export function textTable(rows: readonly HeatRow[]): string {
  const head = ['contender', 'window', 'seed', ...columns.map(({ name }) => name), 'valid'];
  const lines = rows.map((row) => [
    row.contender,
    row.window,
    String(row.seed),
    ...columns.map(({ digits, of }) => of(row).toFixed(digits)),
    row.valid ? 'yes' : 'VOID',
  ]);
  const widths = head.map((name, index) => Math.max(name.length, ...lines.map((line) => (line[index] ?? '').length)));
  const aligned = (line: readonly string[]): string =>
    line
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ');
  return [head, ...lines].map(aligned).join('\n');
}

/** A line for each contender: the mean over the seeds, and in brackets the least and the most where they differ. */
export function markdownTable(rows: readonly HeatRow[]): string {
  const lines = [...byContender(rows)].map(([contender, own]) => [
    contender,
    settingText(own[0]),
    ...columns.map((column) => cellText(own, column)),
  ]);
  const head = ['contender', 'as tuned', ...columns.map(({ name, unit }) => `${name} (${unit})`)];
  const table = alignedTable([head, ...lines]);
  const voids = rows.filter(({ valid }) => !valid);
  const warning =
    voids.length === 0
      ? ''
      : `\n\nVoid, because the machine was too busy: ${voids.map(({ contender, seed }) => `${contender} with seed ${seed}`).join(', ')}.`;
  return `${table}${warning}\n`;
}

/** As the repository's formatter leaves it; the first two columns are text, the others figures. */
function alignedTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, index) => Math.max(3, ...lines.map((line) => (line[index] ?? '').length)));
  const isText = (index: number): boolean => index < 2;
  const rule = widths.map((width, index) => (isText(index) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const padded = lines.map((line) =>
    widths.map((width, index) =>
      isText(index) ? (line[index] ?? '').padEnd(width) : (line[index] ?? '').padStart(width),
    ),
  );
  const [head = [], ...rest] = padded;
  return [head, rule, ...rest].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function settingText(row: HeatRow | undefined): string {
  return row?.setting === undefined
    ? 'defaults'
    : `${row.setting.margin} of the limit, every ${row.setting.everySeconds} s`;
}

function cellText(rows: readonly HeatRow[], { digits, of }: Column): string {
  const values = rows.map(of);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [least, most] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)];
  return least === most ? mean.toFixed(digits) : `${mean.toFixed(digits)} (${least}–${most})`;
}
