import { type JobRequest, operationOf } from '../jobs/job-envelope.ts';
import { estimateCost } from '../tokens/estimate-cost.ts';
import type { Pool } from './pool.ts';

/** What the service will count for a request, in tokens: in the deployment of the pool that counts most. */
export function poolCost(pool: Pool, request: JobRequest): number {
  return Math.max(
    ...pool.deployments.map(({ settings }) => estimateCost(operationOf(request), request.body, settings)),
  );
}
