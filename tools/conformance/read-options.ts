import { parseArgs } from 'node:util';
import { suiteNames, suites, type Suite, type SuiteName } from './suites.ts';

export interface ConformanceOptions {
  readonly runs: readonly SuiteRun[];
  /** Go on without asking where an account is named. */
  readonly isConfirmed: boolean;
  /** Only facts whose name matches. */
  readonly only?: RegExp;
}

export interface SuiteRun {
  readonly suite: Suite;
  /** Of the account to run it against; absent: the embedded part. */
  readonly connectionString?: string;
}

export type ReadOptions =
  | { readonly kind: 'run'; readonly options: ConformanceOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

export const help = `Checks facts about the services on the embedded stack, or on accounts of your own.

  npm run conformance -- SUITE … [--service-bus CONNECTION_STRING] [--cosmos CONNECTION_STRING] [--only REGEXP] [--yes]

  SUITE                             ${suiteNames.join(', ')}, or all
  --service-bus CONNECTION_STRING   runs its suite against this namespace; SLUICE_CONFORMANCE_SERVICE_BUS says the same,
                                    and leaves no key in the list of processes
  --cosmos CONNECTION_STRING        runs its suite against this account; or SLUICE_CONFORMANCE_COSMOS
  --only REGEXP                     only facts whose name matches
  --yes                             does not ask before an account is touched
  --help                            this text

Exit codes: 0 when no fact failed, 1 when one did, 2 for wrong arguments or an account that was not confirmed.
docs/conformance.md says what each suite covers, and what rights and tiers it needs.
`;

export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'service-bus': { type: 'string' },
        cosmos: { type: 'string' },
        only: { type: 'string' },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      return { kind: 'help' };
    }
    const names = wantedSuites(positionals);
    const given: Partial<Record<SuiteName, string | undefined>> = values;
    const runs = suites
      .filter(({ name }) => names.includes(name))
      .map((suite) => toRun(suite, given[suite.name], environment));
    checkAccounts(values, names);
    const only = values.only === undefined ? {} : { only: new RegExp(values.only, 'u') };
    return { kind: 'run', options: { runs, isConfirmed: values.yes, ...only } };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function wantedSuites(positionals: readonly string[]): readonly SuiteName[] {
  if (positionals.length === 0) {
    throw new Error(`Name a suite: ${suiteNames.join(', ')}, or all.`);
  }
  return positionals.flatMap((text) => {
    const known = suiteNames.filter((name) => text === 'all' || text === name);
    if (known.length === 0) {
      throw new Error(`"${text}" is no suite: there are ${suiteNames.join(', ')}, and all.`);
    }
    return known;
  });
}

function toRun(
  suite: Suite,
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): SuiteRun {
  const connectionString = suite.account === undefined ? '' : (given ?? environment[suite.account.variable] ?? '');
  if (connectionString === '') {
    return { suite };
  }
  if (endpointOf(suite, connectionString) === undefined) {
    throw new Error(
      `The connection string of ${suite.title} has no ${suite.account?.endpointField ?? ''}: copy it from the portal as it is.`,
    );
  }
  return { suite, connectionString };
}

function checkAccounts(values: Readonly<Record<string, unknown>>, names: readonly SuiteName[]): void {
  for (const { name, account } of suites) {
    if (account !== undefined && values[name] !== undefined && !names.includes(name)) {
      throw new Error(`--${name} names an account, but the suite ${name} was not asked for.`);
    }
  }
}

/** The host that a connection string names; undefined when it names none. */
export function endpointOf({ account }: Suite, connectionString: string): string | undefined {
  const fields = connectionString.split(';').map((field) => field.split('='));
  const [, ...rest] = fields.find(([name = '']) => name.trim() === account?.endpointField) ?? [];
  const url = rest.join('=').trim();
  return URL.canParse(url) ? new URL(url.replace(/^sb:/u, 'https:')).host : undefined;
}
