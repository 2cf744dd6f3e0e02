/**
 * How many lanes there should be: as many pumps as it takes to drain what waits, and no more than the quota can feed.
 *
 * - W1 None without work, one at least with it.
 * - W2 Never more than the quota feeds: without the last of them the others would not start what it allows.
 * - W3 More work, or more quota, never makes fewer lanes.
 */
export interface LaneDemand {
  readonly pools: readonly {
    /** Jobs that wait in its queues. */
    readonly backlogJobs: number;
    /** Jobs that the quota of its open, healthy buckets starts in a second. */
    readonly quotaJobsPerSecond: number;
  }[];
  /** Jobs that one pump ends in a second when it is always busy; `undefined` before any has ended. */
  readonly drainPerSecond: number | undefined;
  /** Lanes that there are while there is work, and the most that there may be. */
  readonly leastLanes: number;
  readonly mostLanes: number;
}

/** What waits should be gone within so many seconds: a further pump has to be worth its start. */
const drainWithinSeconds = 30;

export function wantedLanes({ pools, drainPerSecond, leastLanes, mostLanes }: LaneDemand): number {
  if (!pools.some(({ backlogJobs }) => backlogJobs > 0)) {
    return 0;
  }
  const jobsPerSecond = pools.reduce(
    (sum, { backlogJobs, quotaJobsPerSecond }) => sum + Math.min(quotaJobsPerSecond, backlogJobs / drainWithinSeconds),
    0,
  );
  const worthwhile =
    drainPerSecond === undefined || drainPerSecond <= 0 ? 1 : Math.ceil(jobsPerSecond / drainPerSecond);
  return Math.min(mostLanes, Math.max(leastLanes, worthwhile, 1));
}
