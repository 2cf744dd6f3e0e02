/**
 * `npm run demo -- [file.jsonl]`: the main job, from a file of prompts to a file of results.
 *
 * Exit codes: 0 when every line is accounted for, 1 when not or when something broke, 2 for wrong arguments or a bad file,
 * 130 after Ctrl-C.
 */
import { readFile } from 'node:fs/promises';
import { type DemoOptions, readDemoOptions } from './demo/demo-options.ts';
import { progressPainter } from './demo/progress-painter.ts';
import { type BatchLine, readBatchFile } from './demo/read-batch-file.ts';
import { runDemo } from './demo/run-demo.ts';
import { type RunSummary, summaryLine, summaryTable } from './demo/summary.ts';
import { takeInterruptions } from './start/interruption.ts';
import { nearPath } from './start/near-path.ts';

/** Lost lines that are named one by one. */
const namedLines = 20;

const exitCode = await main();
// Everything is stopped. The Service Bus SDK keeps a timer of two minutes for an operation that was cut off: once all
// output is written, nothing is worth waiting for.
process.stdout.write('', () => {
  process.stderr.write('', () => process.exit(exitCode));
});

async function main(): Promise<number> {
  const read = readDemoOptions(process.argv.slice(2));
  switch (read.kind) {
    case 'help':
      console.log(read.text);
      return 0;
    case 'wrong':
      console.error(`${read.problem}\nnpm run demo -- --help names every option.`);
      return 2;
    case 'run':
      return demonstrate(read.options);
  }
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const lines = await linesOf(options.file);
  if (lines === undefined) {
    return 2;
  }
  const { signal } = takeInterruptions();
  const painter = progressPainter();
  try {
    const summary = await runDemo({ options, lines, painter, signal });
    return report(options, summary);
  } catch (error) {
    console.error(signal.aborted ? 'Interrupted; everything is stopped.' : `The demo broke off: ${textOf(error)}`);
    return signal.aborted ? 130 : 1;
  }
}

async function linesOf(file: string): Promise<readonly BatchLine[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    console.error(`The file of prompts cannot be read: ${textOf(error)}`);
    return undefined;
  }
  const read = readBatchFile(text);
  if (read.kind === 'bad') {
    console.error(`${file}, ${read.problem}`);
    return undefined;
  }
  return read.lines;
}

function report(options: DemoOptions, summary: RunSummary): number {
  const { lost, surplus } = summary.account;
  console.log(`\n${summaryTable(summary)}`);
  console.log(`Results: ${nearPath(options.out)}\n`);
  if (lost.length > 0) {
    const named = lost
      .slice(0, namedLines)
      .map((line) => `line ${line.number} (${line.customId}, ${summary.states.get(line.customId) ?? 'not taken yet'})`);
    const more = lost.length > namedLines ? ` and ${lost.length - namedLines} more` : '';
    console.error(`Not accounted for after ${options.timeoutMs / 1000} s: ${named.join(', ')}${more}.`);
    console.error('A longer --timeout SECONDS may do; the logs lie in the data folder (--folder).');
  }
  if (surplus.length > 0) {
    console.error(`Results that no line asked for: ${surplus.slice(0, namedLines).join(', ')}.`);
  }
  console.log(summaryLine(summary));
  return lost.length === 0 && surplus.length === 0 ? 0 : 1;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
