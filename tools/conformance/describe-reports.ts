import type { Fact, SuiteReport } from './run-suite.ts';

/** The table of a run, and below it what failed and what was skipped. */
export function describeReports(reports: readonly SuiteReport[]): string {
  const rows = reports.map(({ title, endpoint, facts, seconds }) => [
    title,
    endpoint ?? 'the embedded stack',
    String(of(facts, 'passed').length),
    String(of(facts, 'failed').length),
    String(of(facts, 'skipped').length),
    `${seconds.toFixed(0)} s`,
  ]);
  const lines = [table([['suite', 'run against', 'passed', 'failed', 'skipped', 'took'], ...rows])];
  for (const { title, facts } of reports) {
    for (const { name, file, result } of facts) {
      switch (result.kind) {
        case 'passed':
          break;
        case 'failed':
          lines.push(`✖ ${title}: ${name}\n  ${file}\n${indent(result.error)}`);
          break;
        case 'skipped':
          lines.push(`- ${title}: ${name}\n  skipped: ${result.reason === '' ? 'no reason given' : result.reason}`);
          break;
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function of(facts: readonly Fact[], kind: Fact['result']['kind']): readonly Fact[] {
  return facts.filter(({ result }) => result.kind === kind);
}

/** Columns as wide as their widest cell; those of numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line), ''].join('\n');
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
