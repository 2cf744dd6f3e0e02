import { z } from 'zod';

/** Calls and windows of the simulated regions, from their admin endpoint. */
export interface AdminApi {
  /** Undefined while it does not answer. */
  readonly windows: () => Promise<readonly RegionWindow[] | undefined>;
  readonly limits: () => Promise<readonly DeploymentLimit[]>;
  readonly calls: () => Promise<readonly ModelCall[]>;
}

/** A region's token windows, those of its deployments together. */
export interface RegionWindow {
  readonly region: string;
  readonly cost: number;
  readonly limit: number;
  readonly throttled429: number;
}

export interface DeploymentLimit {
  readonly region: string;
  readonly deployment: string;
  /** Cost admitted in one window. */
  readonly limit: number;
  readonly windowMs: number;
}

export type ModelCall = z.infer<typeof callSchema>;

const callMs = 5000;
const pageSize = 10_000;

const counters = z.object({
  regions: z.record(
    z.string(),
    z.object({
      deployments: z.record(
        z.string(),
        z.object({
          throttled429: z.object({ tokens: z.number(), requests: z.number() }),
          tokenWindow: z.object({ cost: z.number(), limit: z.number(), lengthMs: z.number() }),
        }),
      ),
    }),
  ),
});

const callSchema = z.object({
  at: z.number(),
  region: z.string(),
  deployment: z.string(),
  clientRequestId: z.string(),
  status: z.number().nullable(),
  code: z.string(),
  cost: z.number(),
  isAdmitted: z.boolean(),
  promptTokens: z.number(),
  completionTokens: z.number(),
});
const callPage = z.object({ calls: z.array(callSchema), next: z.number() });

export function adminApi(adminUrl: string): AdminApi {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${adminUrl}/admin/${path}`, { signal: AbortSignal.timeout(callMs) });
    return response.json();
  };
  return {
    windows: async () => {
      try {
        return regionWindows(counters.parse(await get('counters')));
      } catch (error) {
        if (error instanceof TypeError || error instanceof DOMException) {
          return undefined;
        }
        throw error;
      }
    },
    limits: async () => deploymentLimits(counters.parse(await get('counters'))),
    calls: async () => {
      const calls: ModelCall[] = [];
      for (let after = 0; ;) {
        const page = callPage.parse(await get(`calls?after=${after}&limit=${pageSize}`));
        calls.push(...page.calls);
        if (page.calls.length < pageSize) {
          return calls;
        }
        after = page.next;
      }
    },
  };
}

function regionWindows({ regions }: z.infer<typeof counters>): readonly RegionWindow[] {
  return Object.entries(regions).map(([region, { deployments }]) => {
    const all = Object.values(deployments);
    return {
      region,
      cost: sum(all.map((one) => one.tokenWindow.cost)),
      limit: sum(all.map((one) => one.tokenWindow.limit)),
      throttled429: sum(all.map(({ throttled429 }) => throttled429.tokens + throttled429.requests)),
    };
  });
}

function deploymentLimits({ regions }: z.infer<typeof counters>): readonly DeploymentLimit[] {
  return Object.entries(regions).flatMap(([region, { deployments }]) =>
    Object.entries(deployments).map(([deployment, { tokenWindow }]) => ({
      region,
      deployment,
      limit: tokenWindow.limit,
      windowMs: tokenWindow.lengthMs,
    })),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
