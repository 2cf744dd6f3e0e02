import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLayoutChanges } from '../layout-schema.ts';
import type { StackLayout } from '../stack-layout.ts';
import { describePorts, portOf } from './port-of.ts';
import type { ReadOptions } from './start-options.ts';
import { stackPorts, stackPortSettings } from './system-ports.ts';

export interface StackOptions {
  readonly folder: string;
  /** Without the folder. */
  readonly layout: Partial<Omit<StackLayout, 'folder'>> & Pick<StackLayout, 'ports'>;
  /** What is said on stdout once it runs: a text, one line of JSON, or settings as lines of a `.env` file. */
  readonly output: 'text' | 'json' | 'env';
  /** The ports came one by one, so that one that is taken is told by its flag. */
  readonly arePortsNamed: boolean;
}

const flags = {
  folder: { type: 'string', default: '.local' },
  layout: { type: 'string', default: '{}' },
  bare: { type: 'boolean', default: false },
  'free-ports': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  env: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const portFlags = Object.fromEntries(stackPortSettings.map(({ flag }) => [flag, { type: 'string' } as const]));

/** Reads the command line of `npm run stack`; a port may also come from the environment, or all from the layout. */
export function readStackOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadOptions<StackOptions> {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...portFlags, ...flags } });
    if (values.help) {
      return { kind: 'help', text: help() };
    }
    if (values.json && values.env) {
      throw new Error('--json and --env say the same in two ways: take one of them.');
    }
    const given: Readonly<Record<string, unknown>> = values;
    const changes = readLayoutChanges(values.layout);
    if (changes.ports !== undefined && stackPortSettings.some(({ flag }) => given[flag] !== undefined)) {
      throw new Error('Ports come by flags or in the layout, not by both.');
    }
    const read = stackPorts((setting) =>
      portOf(setting, given[setting.flag] ?? environment[setting.variable], values['free-ports']),
    );
    const nothing = values.bare ? { queues: [], databases: [] } : {};
    const layout = { ...nothing, ...changes, ports: changes.ports ?? read };
    const folder = resolve(values.folder);
    const arePortsNamed = changes.ports === undefined;
    return { kind: 'run', options: { folder, layout, output: outputOf(values), arePortsNamed } };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function outputOf({ json, env }: { readonly json: boolean; readonly env: boolean }): StackOptions['output'] {
  if (json) {
    return 'json';
  }
  return env ? 'env' : 'text';
}

function help(): string {
  return `Runs the embedded stack: Service Bus, Cosmos DB, blob storage and simulated regions of Azure OpenAI.
Ctrl-C stops it; what it keeps is there again with the next start.

  npm run stack -- [options]

  --folder FOLDER           where everything is kept; default: .local
  --bare                    without the queues and containers of Sluice: for other applications
  --layout JSON             changes to the layout: queues, databases with their containers, models with their quotas and
                            the faces of their limiters, latency ("instant"), seed, lockMs, ports; see docs/stack.md
  --free-ports              takes free ports where no port is given
  --json                    says on one line of JSON how it is reached, for programs
  --env                     says it as NAME='value' lines, for a .env file or a shell
  --help                    this text

Ports, all on 127.0.0.1 (0 takes a free one):
${describePorts(stackPortSettings)}

GET {admin}/admin lists what the admin endpoint takes: counters, limits, and faults of every part, as told in
docs/stack-faults.md.
`;
}
