import type { Account } from './account-lines.ts';
import type { CallFigures, RunFigures } from './measure-run.ts';

export interface RunSummary {
  readonly submitted: number;
  readonly account: Account;
  readonly figures: RunFigures;
  readonly seconds: number;
  /** The states of the jobs that the app knows, by `custom_id`. */
  readonly states: ReadonlyMap<string, string>;
}

/** The last line of stdout. */
export function summaryLine({ submitted, account, figures, seconds }: RunSummary): string {
  return JSON.stringify({
    submitted,
    completed: account.completed,
    deadLettered: account.deadLettered,
    lost: account.lost.length,
    duplicates: figures.duplicates,
    throttled429: figures.total.throttled429,
    utilisation: Object.fromEntries(figures.byRegion.map((one) => [one.name, rounded(one.utilisation)])),
    seconds: Math.round(seconds * 10) / 10,
  });
}

/** What became of the run, as text of at most 80 columns. */
export function summaryTable({ submitted, account, figures, seconds }: RunSummary): string {
  const dead = Object.entries(account.deadLettered).toSorted(([, left], [, right]) => right - left);
  const rows = [
    ['lines', 'how they ended'],
    [String(account.completed), 'completed'],
  ];
  for (const [reason, count] of dead) {
    const refused = account.refusedAtSubmit[reason] ?? 0;
    rows.push([String(count), `dead-lettered: ${reason}${refused === 0 ? '' : ` (${refused} refused at submit)`}`]);
  }
  if (account.lost.length > 0) {
    rows.push([String(account.lost.length), 'NOT ACCOUNTED FOR']);
  }
  const calling = (figures.callingMs / 1000).toFixed(1);
  return [
    align(rows, ['right', 'left']),
    '',
    align([callHeader('model'), ...figures.byModel.map(callRow)], callColumns),
    '',
    align([callHeader('region'), ...figures.byRegion.map(callRow)], callColumns),
    '',
    `  ${submitted} lines in ${seconds.toFixed(1)} s. "used" is the cost admitted ÷ (quota × the ${calling} s from`,
    '  first to last call); windows start empty, so a short run may pass 100 %.',
  ].join('\n');
}

type Side = 'left' | 'right';

const callColumns: readonly Side[] = ['left', 'right', 'right', 'right', 'right', 'right', 'right'];

function callHeader(first: string): string[] {
  return [first, 'calls', 'tokens', '429s', 'used', 'p50', 'p99'];
}

function callRow(figures: CallFigures): string[] {
  const { name, calls, tokens, throttled429, utilisation, p50Ms, p99Ms } = figures;
  const used = utilisation === undefined ? '–' : `${Math.round(utilisation * 100)} %`;
  return [name, thousands(calls), thousands(tokens), String(throttled429), used, inSeconds(p50Ms), inSeconds(p99Ms)];
}

/** Columns as wide as their widest cell, three spaces apart, indented by two; the first row is underlined. */
function align(rows: readonly (readonly string[])[], sides: readonly Side[]): string {
  const widths = sides.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return sides[column] === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('   ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('───');
  return [lines[0] ?? '', rule, ...lines.slice(1)].map((line) => `  ${line}`).join('\n');
}

function inSeconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`;
}

export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

function rounded(share: number | undefined): number {
  return share === undefined ? 0 : Math.round(share * 1000) / 1000;
}
