import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type FaultKind, faultKindNames, faultKinds, isFaultKind } from './fault-kinds.ts';

/** Jobs for each minute of faults, when none are asked for. */
const jobsPerMinute = 1000;

export const help = `Runs thousands of jobs through several processes of the app while it breaks what they stand on, and audits the end
from outside.

  npm run chaos -- [--seed N] [--minutes N] [--processes N] [--jobs N] [--only a,b] [--keep FOLDER]

  --seed N         of the schedule of faults and of the jobs; drawn, and printed, when it is not given
  --minutes N      how long faults come; default: 2.5. The run then drains, for 2 minutes at the most, and is audited
  --processes N    processes of the app; default: 3
  --jobs N         default: ${jobsPerMinute} for each minute
  --only a,b       faults of these kinds alone
  --keep FOLDER    leaves logs, traces, databases and what was found there; a run that fails always leaves them
  --help           this text

Kinds of faults:
${faultKindNames.map((name) => `  ${name.padEnd(16)} ${faultKinds[name].about}`).join('\n')}

The last line is one JSON object. Exit code: 0 when the audit found nothing, 1 when it did, 130 when interrupted.
`;

const kinds = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().refine(isFaultKind, 'is no kind of fault: see --help')).min(1));

const optionsSchema = z.object({
  seed: z.coerce.number().int().nonnegative().optional(),
  minutes: z.coerce.number().min(0.1).max(240),
  processes: z.coerce.number().int().min(1).max(8),
  jobs: z.coerce.number().int().min(1).max(200_000).optional(),
  only: kinds.optional(),
  keep: z.string().min(1).optional(),
});

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly processes: number;
  readonly jobs: number;
  readonly kinds: readonly FaultKind[];
  readonly keep: string | undefined;
}

/** `help` when that was asked for. @throws for arguments that cannot be used */
export function readOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '2.5' },
      processes: { type: 'string', default: '3' },
      jobs: { type: 'string' },
      only: { type: 'string' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const { seed = randomInt(1_000_000), jobs, only = faultKindNames, ...rest } = optionsSchema.parse(values);
  return {
    seed,
    minutes: rest.minutes,
    processes: rest.processes,
    jobs: jobs ?? Math.max(1, Math.round(jobsPerMinute * rest.minutes)),
    kinds: only.filter(isFaultKind),
    keep: rest.keep,
  };
}
