import { parseArgs } from 'node:util';
import { z } from 'zod';
import { contenderNames, type ContenderName, type TokenWindow } from './field.ts';

export const help = `Runs Sluice beside the libraries that people pace Azure OpenAI with, on one simulated endpoint.

  npm run bench:peers -- [--contender NAME …] [--seed N …] [--window sliding|fixed|both] [--quick] [--no-tuning]

  --contender NAME   one of ${contenderNames.join(', ')}; may be given again; default: all
  --seed N           seed of a trace that is reported; may be given again; default: 2, 3 and 4 (1 is for tuning)
  --window KIND      the service's token window: sliding (default), fixed (a count that begins anew each minute), or both
  --windows N        cost of the trace in minutes of the quota; default: 3.5
  --quick            one seed, a minute and a half of quota, no tuning: about two minutes, to see that it works
  --no-tuning        every peer with a setting from the middle of what is tried
  --out FOLDER       where peers.svg and peers-table.md go (peers-fixed.* for the fixed window); default: docs for
                     a complete run, nowhere for any other
  --help             this text

What is the same for all, how each is used and tuned, and what the figures are: bench/peers/README.md.
The last line of stdout is one JSON object; everything before it is for people.
`;

const options = {
  contender: { type: 'string', multiple: true },
  seed: { type: 'string', multiple: true },
  window: { type: 'string', default: 'sliding' },
  windows: { type: 'string' },
  quick: { type: 'boolean', default: false },
  'no-tuning': { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const schema = z.object({
  contender: z.array(z.enum(contenderNames)).default([]),
  seed: z.array(z.coerce.number().int().positive()).default([]),
  window: z.enum(['sliding', 'fixed', 'both']),
  windows: z.coerce.number().min(1.5).max(20).optional(),
  quick: z.boolean(),
  'no-tuning': z.boolean(),
  out: z.string().optional(),
});

export interface Options {
  readonly contenders: readonly ContenderName[];
  readonly seeds: readonly number[];
  readonly windows: readonly TokenWindow[];
  /** Cost of a trace in minutes of the quota. */
  readonly minutes: number;
  readonly isTuned: boolean;
  /** Undefined: nothing is written. */
  readonly out: string | undefined;
}

const usualSeeds = [2, 3, 4] as const;

/** Undefined when the help was asked for. @throws ZodError, or what `parseArgs` throws */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    return undefined;
  }
  const { contender, out, quick, seed, window, windows, 'no-tuning': isUntuned } = schema.parse(values);
  const isComplete = contender.length === 0 && seed.length === 0 && !quick && !isUntuned && windows === undefined;
  const seeds = seed.length > 0 ? seed : usualSeeds.slice(0, quick ? 1 : undefined);
  return {
    contenders: contender.length > 0 ? contenderNames.filter((name) => contender.includes(name)) : contenderNames,
    seeds,
    windows: window === 'both' ? ['sliding', 'fixed'] : [window],
    minutes: windows ?? (quick ? 1.5 : 3.5),
    isTuned: !quick && !isUntuned,
    out: out ?? (isComplete ? 'docs' : undefined),
  };
}
