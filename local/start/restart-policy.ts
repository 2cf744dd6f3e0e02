/** What to do about a part that ended by itself. */
export type Restart = { readonly kind: 'restart'; readonly waitMs: number } | { readonly kind: 'give-up' };

/** Most restarts within `countedMs`: a part that dies more often does not get well by being started again. */
export const mostRestarts = 5;

const countedMs = 120_000;
const firstWaitMs = 250;

/**
 * Starts it again 0.25 s after the first death, and after twice as long each time. Deaths older than two minutes are
 * forgotten.
 *
 * @param deathsMs when it died, this time included; epoch ms, ascending
 */
export function nextRestart(deathsMs: readonly number[]): Restart {
  const last = deathsMs.at(-1) ?? 0;
  const recent = deathsMs.filter((at) => last - at < countedMs).length;
  return recent > mostRestarts
    ? { kind: 'give-up' }
    : { kind: 'restart', waitMs: firstWaitMs * 2 ** Math.max(0, recent - 1) };
}
