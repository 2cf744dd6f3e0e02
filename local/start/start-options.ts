import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLayoutChanges } from '../layout-schema.ts';
import type { StackLayout } from '../stack-layout.ts';
import { wholeNumber } from './whole-number.ts';
import { describePorts, portOf } from './port-of.ts';
import { portSettings, type SystemPorts, systemPorts } from './system-ports.ts';

export interface StartOptions {
  readonly folder: string;
  readonly ports: Required<SystemPorts>;
  readonly processes: number;
  readonly functionKey: string | undefined;
  readonly isVerbose: boolean;
  /** Everything but folder and ports. */
  readonly layout: Partial<Omit<StackLayout, 'folder'>>;
}

export type ReadOptions<Options> =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly problem: string };

const mostProcesses = 16;

const flags = {
  folder: { type: 'string', default: '.local' },
  processes: { type: 'string', default: '1' },
  key: { type: 'string' },
  layout: { type: 'string', default: '{}' },
  'free-ports': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const portFlags = Object.fromEntries(portSettings.map(({ flag }) => [flag, { type: 'string' } as const]));

/** Reads the command line of `npm start`; a port may also come from the environment. */
export function readStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadOptions<StartOptions> {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...portFlags, ...flags } });
    if (values.help) {
      return { kind: 'help', text: help() };
    }
    const given: Readonly<Record<string, unknown>> = values;
    const ports = systemPorts((setting) =>
      portOf(setting, given[setting.flag] ?? environment[setting.variable], values['free-ports']),
    );
    const options = {
      folder: resolve(values.folder),
      ports,
      processes: wholeNumber({ name: '--processes', text: values.processes, min: 1, max: mostProcesses }),
      functionKey: values.key,
      isVerbose: values.verbose,
      layout: layoutOf(values.layout),
    };
    return { kind: 'run', options };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function layoutOf(text: string): StartOptions['layout'] {
  const changes = readLayoutChanges(text);
  if (changes.ports !== undefined) {
    throw new Error('--layout takes no ports here: each port has a flag of its own.');
  }
  return changes;
}

function help(): string {
  return `Runs Sluice on this machine: the app, and the stack that stands in for Azure. Ctrl-C stops both.

  npm start -- [options]

  --folder FOLDER           where everything is kept; default: .local
  --processes N             processes of the app, and as many pumps; default: 1
  --key KEY                 the function key that HTTP calls must carry; default: they need none
  --layout JSON             changes to the simulated stack: models with their quotas and the faces of their
                            limiters, latency ("instant"), seed, lockMs; see local/stack-layout.ts
  --free-ports              takes free ports where no port is given
  --verbose                 shows what the app and the stack log, which also goes to app.log and stack.log in the folder
  --help                    this text

Ports, all on 127.0.0.1 (0 takes a free one):
${describePorts(portSettings)}
`;
}
