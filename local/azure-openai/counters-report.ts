import { emptyTally, type CallTally } from './call-tally.ts';
import type { CallBook } from './call-book.ts';
import type { Deployment, Region } from './region.ts';

/** Answer of `GET /admin/counters`. */
export interface CountersReport {
  readonly uptimeSeconds: number;
  readonly regions: Readonly<Record<string, RegionReport>>;
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
    readonly kind: 'sliding' | 'fixed';
    readonly lengthMs: number;
    readonly cost: number;
    readonly limit: number;
    /** Largest cost admitted in any window of this length, at any phase, ÷ the limit it was admitted under. */
    readonly fullest: number;
  };
  readonly requestWindow: { readonly lengthMs: number; readonly requests: number; readonly limit: number };
}

export function countersReport(facts: {
  readonly book: CallBook;
  readonly now: number;
  readonly startedAt: number;
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
      faults: region.faults.size,
      unrouted,
      deployments: Object.fromEntries(deployments),
    };
    return [region.name, report] as const;
  });
  return { uptimeSeconds: (now - facts.startedAt) / 1000, regions: Object.fromEntries(regions) };
}

function deploymentReport(deployment: Deployment, tally: CallTally, now: number): DeploymentReport {
  const { limiter } = deployment;
  const requests = limiter.windowRequests(now);
  return {
    ...emptyTally,
    ...tally,
    model: deployment.modelName,
    limiter: deployment.limiterKey,
    tokenWindow: {
      kind: limiter.shape.tokenWindow,
      lengthMs: limiter.shape.tokenWindowMs,
      cost: limiter.windowCost(now),
      limit: limiter.limits.tokensPerMinute,
      fullest: limiter.fullestWindow,
    },
    requestWindow: {
      lengthMs: limiter.shape.requestWindowSeconds * 1000,
      requests: requests.count,
      limit: requests.limit,
    },
  };
}
