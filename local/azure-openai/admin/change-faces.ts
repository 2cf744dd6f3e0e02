import type { z } from 'zod';

import type { deploymentChange } from './admin-schemas.ts';
import type { Limits } from '../limits/limit-plan.ts';
import type { Deployment } from '../region.ts';
import type { HeaderLies, NeighbourSettings } from '../settings.ts';

/** Answer to a change of a deployment. The limits are the usual ones, `inForce` those that hold now. */
export interface ChangedFaces extends Limits {
  readonly inForce: Limits;
  readonly neighbour: NeighbourSettings | null;
  readonly lies: HeaderLies;
}

/** Changes what is given and leaves the rest; null takes a face away. Times count from `now`. */
export function changeFaces(
  deployment: Deployment,
  change: z.infer<typeof deploymentChange>,
  now: number,
): ChangedFaces {
  const { limiter } = deployment;
  const { lies, lowered, neighbour } = change;
  if (change.tokensPerMinute !== undefined || change.requestsPerMinute !== undefined) {
    limiter.changeLimits(now, {
      tokensPerMinute: change.tokensPerMinute ?? limiter.usualLimits.tokensPerMinute,
      requestsPerMinute: change.requestsPerMinute ?? limiter.usualLimits.requestsPerMinute,
    });
  }
  if (lowered !== undefined) {
    limiter.lowerLimits(now, lowered ?? undefined);
  }
  if (neighbour !== undefined) {
    limiter.changeNeighbour(now, neighbour ?? undefined);
  }
  if (lies !== undefined) {
    deployment.lies = lies ?? {};
  }
  return {
    ...limiter.usualLimits,
    inForce: limiter.limitsAt(now),
    neighbour: limiter.neighbour ?? null,
    lies: deployment.lies,
  };
}
