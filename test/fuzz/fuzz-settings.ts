import fc from 'fast-check';
import { randomInt } from 'node:crypto';

/** How many inputs a fuzz test tries: `FUZZ_RUNS`, 1,000 by default; `npm run test:full` asks for 10,000. */
const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 1000);

/** `FUZZ_SEED`, or by chance. A failure names it: with it, the same inputs come again. */
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** A law of this part of the inputs. A running app is not asked again and again for the smallest input that breaks it. */
export function settingsFor(part: number, isPure = true): fc.Parameters<unknown> & { readonly seed: number } {
  return { numRuns: Math.ceil(fuzzRuns * part), seed, endOnFailure: !isPure };
}

/** Tries this part of the inputs, so many at once. */
export async function tryAll<Input>(
  arbitrary: fc.Arbitrary<Input>,
  { part, atOnce }: { readonly part: number; readonly atOnce: number },
  check: (inputs: readonly Input[]) => Promise<void>,
): Promise<void> {
  const { numRuns } = settingsFor(part);
  const inputs = fc.sample(arbitrary, { numRuns: numRuns ?? 0, seed });
  for (let from = 0; from < inputs.length; from += atOnce) {
    try {
      await check(inputs.slice(from, from + atOnce));
    } catch (error) {
      throw new Error(`Inputs ${from} to ${from + atOnce - 1} of FUZZ_RUNS=${fuzzRuns} FUZZ_SEED=${seed}`, {
        cause: error,
      });
    }
  }
}
