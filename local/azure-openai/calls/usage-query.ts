import type { DatabaseSync } from 'node:sqlite';

import { z } from 'zod';

import type { LimiterUse } from '../limits/limiter-use.ts';

/** Epoch milliseconds, without its end. */
export interface Interval {
  readonly from: number;
  readonly before: number;
}

/** What a limiter gave to a caller. */
export interface UseRow {
  readonly limiter: string;
  readonly caller: 'ours' | 'neighbour';
  readonly use: LimiterUse;
}

/** Sums the judged calls of an interval by limiter and caller. A call counts when it was judged. */
export function readUses(database: DatabaseSync, interval: Interval): readonly UseRow[] {
  const select = database.prepare(`
    SELECT limiter, caller, sum(isAdmitted) AS admitted, sum(iif(isAdmitted, cost, 0)) AS admittedCost,
      sum(throttledBy = 'tokens') AS byTokens, sum(throttledBy = 'requests') AS byRequests
    FROM (
      SELECT limiter, 'ours' AS caller, at, cost, isAdmitted, throttledBy FROM calls
      UNION ALL
      SELECT limiter, 'neighbour' AS caller, at, cost, throttledBy = '' AS isAdmitted, throttledBy FROM neighbour_calls)
    WHERE limiter <> '' AND at >= ? AND at < ?
    GROUP BY limiter, caller`);
  const rows = z.array(useRow).parse(select.all(interval.from, interval.before));
  return rows.map(({ limiter, caller, admitted, admittedCost, byTokens, byRequests }) => ({
    limiter,
    caller,
    use: { admitted, admittedCost, throttled429: { tokens: byTokens, requests: byRequests } },
  }));
}

const useRow = z.object({
  limiter: z.string(),
  caller: z.enum(['ours', 'neighbour']),
  admitted: z.number(),
  admittedCost: z.number(),
  byTokens: z.number(),
  byRequests: z.number(),
});
