import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { field, type TokenWindow } from './field.ts';
import type { HeatRow } from './heat.ts';
import { plotSvg } from './plot.ts';
import { markdownTable } from './table.ts';

/** Writes the plot and the table of each token window; gives the files. */
export async function writeResults(folder: string, rows: readonly HeatRow[]): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [window, own] of Map.groupBy(rows, (row) => row.window)) {
    const stem = join(folder, window === 'sliding' ? 'peers' : 'peers-fixed');
    await writeFile(`${stem}.svg`, plotSvg(own, titleOf(window)));
    await writeFile(`${stem}-table.md`, markdownTable(own));
    written.push(`${stem}.svg`, `${stem}-table.md`);
  }
  return written;
}

function titleOf(window: TokenWindow): string {
  const million = field.tokensPerMinute / 1e6;
  const kind = window === 'sliding' ? 'a sliding window' : 'a count that begins anew each minute';
  return `One limit of ${million}M tokens a minute (${kind}), ${field.processes} processes`;
}
