/**
 * How much a fuzz test tries, from the environment: `FUZZ_RUNS` inputs (1,000; `npm run test:full` asks for 10,000), from
 * the seed `FUZZ_SEED` (by chance otherwise). A failure prints its seed: with it, the same inputs come again.
 */
export const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 1000);

const seed = process.env['FUZZ_SEED'];

export const fuzzSettings = { ...(seed === undefined ? {} : { seed: Number(seed) }), verbose: 1 } as const;
