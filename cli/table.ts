/** Columns of text, as wide as they must be; numbers stand to the right. Control characters of others are shown as dots. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => clean(String(cell))));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return isNumber[column] === true ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A text of at most so many characters, on one line. */
export function shorten(text: string, most: number): string {
  const line = clean(text);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** `2026-01-31 08:00:00`, in UTC. */
export function time(epochMs: number | undefined): string {
  return epochMs === undefined ? '' : new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');
}

function clean(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, '·');
}
