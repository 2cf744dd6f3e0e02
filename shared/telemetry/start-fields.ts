import { sluice } from './names.ts';

/** How far a job's first start was from what was expected when it was submitted; nothing when nothing was. */
export function startFields(
  job: {
    readonly createdAt: number;
    readonly expectedStartAt?: number | undefined;
    readonly attemptCount?: number | undefined;
  },
  startedAt: number,
): Readonly<Record<string, number>> {
  const { createdAt, expectedStartAt, attemptCount = 0 } = job;
  return expectedStartAt === undefined || attemptCount > 0
    ? {}
    : {
        [sluice.expectedWaitMs]: Math.max(0, expectedStartAt - createdAt),
        [sluice.startErrorMs]: startedAt - expectedStartAt,
      };
}
