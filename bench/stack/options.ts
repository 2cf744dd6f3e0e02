import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { BenchPart } from './part.ts';
import { parts } from './parts.ts';

export const help = `Measures the embedded stack by itself, each part in a process of its own, through the Azure SDKs.

  npm run bench:stack -- [--only serviceBus,cosmos] [--scale N] [--soak MINUTES]

  --only a,b      parts by name; default: all
  --scale N       a part of the published counts, for a quick look: 0.1 is a tenth; default: 1
  --soak MINUTES  after the measurements, a steady load on all parts at once for so long, while the memory of their
                  processes is watched; default: 0, none
  --help          this text

Parts:
${parts.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}

Progress goes to stderr. The last line of stdout is one JSON object with the figures of each part, and of the soak. All
writes are durable as the parts promise it: what was confirmed outlives a SIGKILL. Machines differ and are noisy, so each
part also measures a floor in the same run and gives its share of it: plain SQLite with the same grouping for Service Bus,
the same SDK against a server that does nothing but answer for Cosmos DB.
`;

const optionsSchema = z.object({
  only: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(parts.map(({ name }) => name))).min(1))
    .optional(),
  scale: z.coerce.number().positive().max(10),
  soak: z.coerce
    .number()
    .min(0)
    .max(24 * 60),
});

export interface StackBenchOptions {
  readonly parts: readonly BenchPart[];
  readonly scale: number;
  readonly soakMinutes: number;
}

/** `help` when that was asked for. @throws for arguments that cannot be used */
export function readOptions(args: readonly string[]): StackBenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      scale: { type: 'string', default: '1' },
      soak: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const { only, scale, soak } = optionsSchema.parse(values);
  const chosen = only === undefined ? parts : parts.filter(({ name }) => only.includes(name));
  return { parts: chosen, scale, soakMinutes: soak };
}
