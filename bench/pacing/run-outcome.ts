import type { CpuShares } from './machine-load.ts';
import type { Interval, LimitStep, MeasuredCall } from './measure.ts';
import type { PacingRegion } from './scenario.ts';
import type { ServiceUsage } from './service-usage.ts';

/** What came of one region in one run. */
export interface RegionOutcome {
  readonly region: PacingRegion;
  readonly calls: readonly MeasuredCall[];
  readonly steps: readonly LimitStep[];
  /** Mean fullness of all windows within the measured interval. */
  readonly utilisation: number;
  /** Admitted in the measured interval ÷ what the limit lets through in it. */
  readonly shareOfInterval: number;
  /** The fullest window of any phase ÷ the limit. */
  readonly worstWindow: number;
  readonly throttled429: number;
  readonly makespanRatio: number;
  readonly waitP50Ms: number;
  readonly waitP99Ms: number;
  /** The service's own account of the measured interval, with its neighbour. */
  readonly usage: ServiceUsage | undefined;
}

/** One process of the app, as it was seen. */
export interface ProcessOutcome {
  readonly calls: number;
  /** Undefined when it told none. */
  readonly lagP99Ms: number | undefined;
  /** Its own word on its health at the end of the measured interval; undefined when it gave none. */
  readonly health: unknown;
}

export interface RunOutcome {
  /** From the first call that counts, over the windows of the scenario. */
  readonly measured: Interval;
  readonly regions: readonly RegionOutcome[];
  readonly processes: readonly ProcessOutcome[];
  /** Jain's index over the calls of the processes that were to work. */
  readonly jain: number;
  readonly jobs: number;
  readonly completed: number;
  /** Jobs that the service admitted more than once. */
  readonly repeated: number;
  /** In the measured interval. */
  readonly cpu: CpuShares;
  readonly stackLagP99Ms: number | undefined;
  /** When the limit was lowered, epoch ms. */
  readonly loweredAt: readonly number[];
}
