/** When a job was submitted, was expected to start, and started; epoch ms. */
export interface ToldStart {
  readonly askedAt: number;
  readonly expectedAt: number;
  readonly startedAt: number;
}

export interface StartErrors {
  readonly count: number;
  readonly waitP50Ms: number;
  readonly waitP90Ms: number;
  /** How far the start was from what was expected, earlier or later. */
  readonly errorP50Ms: number;
  readonly errorP90Ms: number;
  /** The middle of the errors with their sign: positive when starts come later than expected. */
  readonly biasMs: number;
  /** The error ÷ what was waited, of waits of five seconds and more. */
  readonly relativeErrorP50: number;
  readonly relativeErrorP90: number;
}

/** Shorter waits are left out of the relative error, in ms. */
const shortMs = 5000;

export function startErrors(told: readonly ToldStart[]): StartErrors {
  const waits = told.map(({ askedAt, startedAt }) => startedAt - askedAt);
  const errors = told.map(({ expectedAt, startedAt }) => startedAt - expectedAt);
  const relative = told
    .filter(({ askedAt, startedAt }) => startedAt - askedAt >= shortMs)
    .map(({ askedAt, expectedAt, startedAt }) => Math.abs(startedAt - expectedAt) / (startedAt - askedAt));
  const absolute = errors.map(Math.abs);
  return {
    count: told.length,
    waitP50Ms: quantile(waits, 0.5),
    waitP90Ms: quantile(waits, 0.9),
    errorP50Ms: quantile(absolute, 0.5),
    errorP90Ms: quantile(absolute, 0.9),
    biasMs: quantile(errors, 0.5),
    relativeErrorP50: quantile(relative, 0.5),
    relativeErrorP90: quantile(relative, 0.9),
  };
}

/** The smallest value that at least this share of all does not exceed; 0 of none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
