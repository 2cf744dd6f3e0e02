import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLayoutChanges } from '../layout-schema.ts';
import type { StackLayout } from '../stack-layout.ts';
import type { ReadOptions } from '../start/start-options.ts';
import { wholeNumber } from '../start/whole-number.ts';

export interface DemoOptions {
  readonly file: string;
  readonly out: string;
  readonly folder: string;
  readonly timeoutMs: number;
  readonly layout: Partial<Omit<StackLayout, 'folder'>>;
  readonly isVerbose: boolean;
}

const help = `Runs a file of prompts through Sluice on this machine, from submit to results, and stops again.

  npm run demo -- [file.jsonl] [options]

  file.jsonl         OpenAI batch lines ({"custom_id", "method", "url", "body"}); default: samples/prompts.jsonl.
                     Half of them go over HTTP, half straight onto the Service Bus queue "jobs".
  --out FILE         where the batch output lines go; default: results.jsonl
  --timeout SECONDS  gives up then, and says which lines are not accounted for; default: 180
  --folder FOLDER    the run's own data, emptied at the start and kept afterwards; default: .local/demo
  --layout JSON      changes to the simulated stack: models with their quotas, latency ("instant"), seed, lockMs; see
                     local/stack-layout.ts, and local/demo/demo-layout.ts for what the demo uses
  --verbose          shows what the app and the stack log
  --help             this text

It takes free ports, so it runs beside "npm start". Progress goes to stderr; the summary goes to stdout, and its last
line is one JSON object. Exit code: 0 when every line is accounted for, 1 when not or when something broke, 2 for wrong
arguments or a bad file, 130 after Ctrl-C.
`;

export function readDemoOptions(args: readonly string[]): ReadOptions<DemoOptions> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string', default: 'results.jsonl' },
        timeout: { type: 'string', default: '180' },
        folder: { type: 'string', default: '.local/demo' },
        layout: { type: 'string', default: '{}' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      return { kind: 'help', text: help };
    }
    if (positionals.length > 1) {
      throw new Error(`The demo takes one file, not ${positionals.length}.`);
    }
    const options = {
      file: positionals[0] ?? 'samples/prompts.jsonl',
      out: resolve(values.out),
      folder: resolve(values.folder),
      timeoutMs: wholeNumber({ name: '--timeout', text: values.timeout, min: 1, max: 86_400 }) * 1000,
      layout: readLayoutChanges(values.layout),
      isVerbose: values.verbose,
    };
    return { kind: 'run', options };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}
