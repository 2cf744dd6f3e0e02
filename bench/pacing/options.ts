import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

export const help = `Measures pacing with real processes: how much of a quota is used, and how often the service says 429.

  npm run bench:pacing -- [--scenario a,b | --all] [--processes 1,4,8] [--seed N]

  --scenario a,b     scenarios by name; default: steady
  --all              all of them, in order
  --processes 1,4,8  processes of the app, one run for each; default: as the scenario says
  --seed N           of the trace (costs, prompts, answers) and of the simulated latencies; default: 1
  --one-at-a-time    never two runs at once, for a machine that is slow or busy
  --seconds N        for development: measures N seconds instead of whole windows; such rows do not count
  --keep FOLDER      leaves logs, traces and databases of the runs there
  --help             this text

Scenarios:
${scenarios.map(({ name, about, processes }) => `  ${name.padEnd(18)} ${about} (${processes.join(', ')} processes)`).join('\n')}

Each run has an embedded stack of its own, in a process of its own, and N processes of the app as it would be deployed,
which share its queues, its buckets and two regions with the same quota. The token window slides in one region, and is a
fixed minute in the other: each run gives a row for both. Nothing is faked inside the app, and all but the wait is
measured outside of it, from the log of the simulated service:

  utilisation    mean fullness of all windows of 60 s, at every phase, that lie within the measured interval, which
                 begins with the run's first call. It cannot exceed the fullest of them, and unlike the next it does not
                 depend on where the interval cuts a burst.
  of interval    cost admitted in that interval ÷ (limit × its length).
  worst          the fullest window of any phase ÷ the limit, in both regions: a fixed minute that is kept at every phase
                 is kept at its own.
  makespanRatio  time from the run's first call to the region's last, ÷ (cost that the region admitted ÷ its limit
                 rate); the load is 5 % larger than the measured windows, so that it stays saturated to their end.
  waitP99Ms      how long jobs in hand waited for their start, as each process traces it. The time in the queue is not
                 in it: in a saturated run it says nothing but how long the queue was.
  Jain           index of fairness over the calls of the processes.

A run is void when more than 60 % of the machine's CPU was busy during its windows, or when the event loop of the stack or
of a process of the app was late by more than 50 ms at the 99th percentile: it may have measured the machine.
`;

const names = z.string().transform((text) => text.split(',').map((name) => name.trim()));

const optionsSchema = z.object({
  scenario: names
    .pipe(z.array(z.enum(scenarios.map(({ name }) => name))).min(1))
    .transform((chosen) => scenarios.filter(({ name }) => chosen.includes(name))),
  all: z.boolean(),
  processes: names.pipe(z.array(z.string().transform(Number).pipe(z.int().min(1).max(16))).min(1)).optional(),
  seed: z.coerce.number().int().nonnegative(),
  'one-at-a-time': z.boolean(),
  seconds: z.coerce.number().int().min(10).optional(),
  keep: z.string().min(1).optional(),
});

export interface PacingOptions {
  readonly scenarios: readonly Scenario[];
  readonly processes: readonly number[] | undefined;
  readonly seed: number;
  readonly isOneAtATime: boolean;
  /** Undefined: the whole windows of the scenario. */
  readonly seconds: number | undefined;
  readonly keep: string | undefined;
}

/** `help` when that was asked for. @throws for arguments that cannot be used */
export function readOptions(args: readonly string[]): PacingOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', default: 'steady' },
      all: { type: 'boolean', default: false },
      processes: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'one-at-a-time': { type: 'boolean', default: false },
      seconds: { type: 'string' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const parsed = optionsSchema.parse(values);
  return {
    scenarios: parsed.all ? scenarios : parsed.scenario,
    processes: parsed.processes,
    seed: parsed.seed,
    isOneAtATime: parsed['one-at-a-time'],
    seconds: parsed.seconds,
    keep: parsed.keep,
  };
}
