import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/u, 'use 1 to 63 letters, digits, ".", "_" or "-"');

/** One model in one region with its own quota, as `REGIONS` configures it. */
const deployment = z.strictObject({
  /** The deployment's name in Azure. */
  name,
  /** The model that it serves, as jobs name it in `body.model`. */
  model: z.string().min(1),
  /** Tokens per minute that you own. */
  tokensPerMinute: z.int().positive(),
  /** Requests per minute; older chat models have 6 per 1,000 tokens per minute, which is the default. */
  requestsPerMinute: z.int().positive().optional(),
  /** Seconds over which the service judges the request limit: 1, 10 or 60. */
  requestWindowSeconds: z.union([z.literal(1), z.literal(10), z.literal(60)]).default(10),
  /** The part of the quota that is ours; others, outside of Sluice, have the rest. */
  share: z.number().gt(0).max(1).default(1),
  /** Deployments with the same group share one quota, and so one bucket. */
  limitGroup: name.optional(),
  /** Characters that the service's estimate takes for one token. */
  charactersPerToken: z.number().min(0.5).max(20).default(4),
  /** What the service adds to its estimate when a request names no maximum output. */
  defaultMaxTokens: z.int().nonnegative().default(640),
});

/** One Azure OpenAI resource. */
const region = z.strictObject({
  name,
  endpoint: z.url({ protocol: /^https?$/u }),
  /** Only for local stacks and tests: without it, identity is used. */
  apiKey: z.string().min(1).optional(),
  apiVersion: z.string().min(1).default('2024-10-21'),
  /** `classic`: `/openai/deployments/{deployment}/…?api-version=`; `v1`: `/openai/v1/…`. */
  path: z.enum(['classic', 'v1']).default('classic'),
  deployments: z.array(deployment).min(1),
});

export const regionsSchema = z
  .array(region)
  .min(1)
  .superRefine((regions, context) => {
    const seen = new Set<string>();
    for (const [index, { name: regionName, deployments }] of regions.entries()) {
      if (seen.has(regionName)) {
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is used by another region already' });
      }
      seen.add(regionName);
      const names = deployments.map((one) => one.name);
      if (new Set(names).size !== names.length) {
        context.addIssue({ code: 'custom', path: [index, 'deployments'], message: 'two deployments have one name' });
      }
    }
  });

/** A model and the regions that may serve it. */
export const poolsSchema = z.array(
  z.strictObject({
    name,
    model: z.string().min(1),
    /** All regions that deploy the model when absent. */
    regions: z.array(name).min(1).optional(),
    /** `earliest`: the region that starts a job the soonest; `listed`: the first listed one that has room. */
    order: z.enum(['earliest', 'listed']).default('earliest'),
  }),
);

export type RegionSettings = z.infer<typeof region>;
export type DeploymentSettings = z.infer<typeof deployment>;
export type PoolSettings = z.infer<typeof poolsSchema>[number];
