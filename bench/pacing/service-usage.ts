import { z } from 'zod';
import type { Interval } from './measure.ts';

/** What the simulated service itself says of one region's limiter over an interval. */
export interface ServiceUsage {
  /** The limits that were in force, integrated over the interval. */
  readonly capacityTokens: number;
  readonly neighbour: { readonly admittedCost: number; readonly throttled429: number };
}

const counted = z.object({
  admittedCost: z.number(),
  throttled429: z.object({ tokens: z.number(), requests: z.number() }),
});

const usageSchema = z.object({
  limiters: z.record(z.string(), z.object({ capacity: z.object({ tokens: z.number() }), neighbour: counted })),
});

/** By limiter, which is `region/deployment` here. */
export async function readServiceUsage(
  adminUrl: string,
  { fromMs, toMs }: Interval,
): Promise<ReadonlyMap<string, ServiceUsage>> {
  const response = await fetch(`${adminUrl}/admin/usage?from=${Math.floor(fromMs)}&before=${Math.floor(toMs)}`);
  const { limiters } = usageSchema.parse(await response.json());
  return new Map(
    Object.entries(limiters).map(([limiter, { capacity, neighbour }]) => {
      const { admittedCost, throttled429 } = neighbour;
      return [
        limiter,
        {
          capacityTokens: capacity.tokens,
          neighbour: { admittedCost, throttled429: throttled429.tokens + throttled429.requests },
        },
      ];
    }),
  );
}
