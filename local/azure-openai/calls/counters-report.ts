import { emptyTally, type CallTally } from './call-tally.ts';
import type { CallBook } from './call-book.ts';
import type { DeploymentLimiter } from '../limits/deployment-limiter.ts';
import type { Limits } from '../limits/limit-plan.ts';
import type { ModelFaults } from '../faults/model-faults.ts';
import type { LimiterUse } from '../limits/limiter-use.ts';
import type { Deployment, Region } from '../region.ts';
import type { PerWindow } from '../limits/window-peaks.ts';

/** Answer of `GET /admin/counters`. */
export interface CountersReport {
  readonly uptimeSeconds: number;
  readonly regions: Readonly<Record<string, RegionReport>>;
  /** By key: `region/deployment`, or `group/name` when shared. */
  readonly limiters: Readonly<Record<string, LimiterReport>>;
}

/**
 * `ours` is what came over HTTP, as in the call log; the neighbour's calls stand apart from it. What the windows hold
 * now (`tokenWindow.cost`, `requestWindow.requests` of a deployment) is everybody's, throttled calls that count included.
 */
interface LimiterReport {
  /** `region/deployment` */
  readonly deployments: readonly string[];
  readonly usual: Limits;
  readonly inForce: Limits;
  readonly ours: LimiterUse & FullestReport;
  readonly neighbour: LimiterUse;
  readonly everybody: FullestReport;
}

/** The largest admitted in a window of the length, at any phase, ÷ the limit of that instant. */
interface FullestReport {
  readonly fullestTokenWindow: number;
  readonly fullestRequestWindow: number;
}

interface RegionReport {
  readonly endpoint: string;
  readonly isDown: boolean;
  readonly faults: number;
  /** Calls that reached no deployment: wrong key, unknown deployment, unknown address. */
  readonly unrouted: CallTally;
  readonly deployments: Readonly<Record<string, DeploymentReport>>;
}

interface DeploymentReport extends CallTally {
  readonly model: string;
  /** Deployments that name the same limiter share its windows. */
  readonly limiter: string;
  readonly tokenWindow: {
    /** `leaky-bucket` of a provisioned deployment: its length is what 100 % hold, `cost` and `fullest` are of everybody. */
    readonly kind: 'sliding' | 'fixed' | 'leaky-bucket';
    readonly lengthMs: number;
    readonly cost: number;
    readonly limit: number;
    /** Largest cost of ours admitted in any window of this length, at any phase, ÷ the limit of that instant. */
    readonly fullest: number;
  };
  readonly requestWindow: {
    readonly lengthMs: number;
    readonly requests: number;
    readonly limit: number;
    readonly fullest: number;
  };
}

export function countersReport(facts: {
  readonly book: CallBook;
  readonly now: number;
  readonly startedAt: number;
  readonly faults: ModelFaults;
  readonly regions: readonly { readonly region: Region; readonly endpoint: string; readonly isDown: boolean }[];
}): CountersReport {
  const { book, now } = facts;
  const regions = facts.regions.map(({ endpoint, isDown, region }) => {
    const deployments = [...region.deployments.values()].map((deployment) => {
      const tally = book.tally({ region: region.name, deployment: deployment.name });
      return [deployment.name, deploymentReport(deployment, tally, now)] as const;
    });
    const unrouted = book.tally({ region: region.name, deployment: '' });
    const report: RegionReport = {
      endpoint,
      isDown,
      faults: facts.faults.activeIn(region.name),
      unrouted,
      deployments: Object.fromEntries(deployments),
    };
    return [region.name, report] as const;
  });
  return {
    uptimeSeconds: (now - facts.startedAt) / 1000,
    regions: Object.fromEntries(regions),
    limiters: limiterReports(
      facts.regions.map(({ region }) => region),
      now,
    ),
  };
}

function limiterReports(regions: readonly Region[], now: number): CountersReport['limiters'] {
  const deployments = regions.flatMap((region) =>
    [...region.deployments.values()].map((deployment) => ({
      ...deployment,
      place: `${region.name}/${deployment.name}`,
    })),
  );
  const byKey = Map.groupBy(deployments, ({ limiterKey }) => limiterKey);
  return Object.fromEntries(
    [...byKey].flatMap(([key, [first, ...others]]) =>
      first === undefined
        ? []
        : [
            [
              key,
              limiterReport(
                first.limiter,
                now,
                [first, ...others].map(({ place }) => place),
              ),
            ] as const,
          ],
    ),
  );
}

function limiterReport(limiter: DeploymentLimiter, now: number, deployments: readonly string[]): LimiterReport {
  limiter.catchUp(now);
  return {
    deployments,
    usual: limiter.usualLimits,
    inForce: limiter.limitsAt(now),
    ours: { ...limiter.use('ours'), ...fullestReport(limiter.fullest('ours')) },
    neighbour: limiter.use('neighbour'),
    everybody: fullestReport(limiter.fullest('everybody')),
  };
}

function fullestReport({ tokens, requests }: PerWindow): FullestReport {
  return { fullestTokenWindow: tokens, fullestRequestWindow: requests };
}

function deploymentReport(deployment: Deployment, tally: CallTally, now: number): DeploymentReport {
  const { limiter } = deployment;
  const held = limiter.held(now);
  const limit = limiter.windowLimit(now);
  return {
    ...emptyTally,
    ...tally,
    model: deployment.modelName,
    limiter: deployment.limiterKey,
    tokenWindow: {
      kind: limiter.shape.bucketMs === undefined ? limiter.shape.tokenWindow : 'leaky-bucket',
      lengthMs: limiter.shape.bucketMs ?? limiter.shape.tokenWindowMs,
      cost: held.tokens,
      limit: limit.tokens,
      fullest: limiter.fullest('ours').tokens,
    },
    requestWindow: {
      lengthMs: limiter.shape.requestWindowSeconds * 1000,
      requests: held.requests,
      limit: limit.requests,
      fullest: limiter.fullest('ours').requests,
    },
  };
}
