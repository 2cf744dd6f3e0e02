import { jobsInHand, loadTokens, type PacingRun } from './plan-runs.ts';
import { traceJobs } from './trace.ts';
import { pacingRegions } from './scenario.ts';

/** Limiter, trace and settings of a run, for people: enough to run it again. */
export function describeRun(run: PacingRun): string {
  const { scenario, processes, seed, name, measuredMs } = run;
  const { quota, shape, latency, faces, disturbances, neighbourShare, skewedClock } = scenario;
  const costs = traceJobs({ seed, prefix: name, shape, totalTokens: loadTokens(run) }).map((job) => job.cost);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const largest = costs.reduce((most, cost) => Math.max(most, cost), 0);
  const windows = pacingRegions.map((region) => `${region.name} ${region.window}`).join(', ');
  const extras = { faces, neighbourShare, disturbances, skewedClock };
  return [
    `  ${name}: ${scenario.about}`,
    `    limiter   ${quota.tokensPerMinute} tokens, ${quota.requestsPerMinute} requests a minute (judged over 10 s) in each region; ${windows}; ${JSON.stringify(extras)}`,
    `    trace     seed ${seed}: ${costs.length} jobs, ${total} tokens, mean ${(total / costs.length).toFixed(0)}, largest ${largest}; ${JSON.stringify(shape)}`,
    `    latency   ${JSON.stringify(latency)}`,
    `    app       ${processes} processes, LANES=${processes}, LEAST_LANES=${processes}, MAX_JOBS_IN_HAND=${jobsInHand(run)}; measured for ${measuredMs / 1000} s from the first call`,
  ].join('\n');
}
