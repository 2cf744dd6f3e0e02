import { adminApi, type ModelCall } from '../../local/demo/admin-api.ts';
import type { RunFacts } from './judge-run.ts';
import { readLoopLag } from './loop-lag.ts';
import type { Interval, MeasuredCall } from './measure.ts';
import { readTracedCalls } from './process-trace.ts';
import { pacingRegions } from './scenario.ts';
import { readServiceUsage } from './service-usage.ts';
import { pacingModel, type PacingSystem } from './start-system.ts';

/** What the service logged of the jobs whose ids begin with `prefix`, and of the measured interval. */
export async function collectFromService(
  { stack, stackLagFile }: PacingSystem,
  { prefix, measured }: { readonly prefix: string; readonly measured: Interval },
): Promise<Pick<RunFacts, 'calls' | 'usage' | 'stackLagP99Ms'>> {
  const all = await adminApi(stack.adminUrl).calls();
  const usage = await readServiceUsage(stack.adminUrl, measured);
  return {
    calls: byRegion(all.filter((call) => call.clientRequestId.startsWith(prefix))),
    usage: new Map(pacingRegions.map(({ name }) => [name, usage.get(`${name}/${pacingModel}`)])),
    stackLagP99Ms: (await readLoopLag(stackLagFile))?.p99Ms,
  };
}

/** Ends the processes of the app, since their trace files are complete only then, and reads what they left. */
export async function collectFromProcesses(
  system: PacingSystem,
  health: readonly unknown[],
): Promise<Pick<RunFacts, 'processes' | 'waits'>> {
  await Promise.all(system.apps.map(async ({ child }) => child.stop()));
  const traces = await Promise.all(system.apps.map(async ({ traceFile }) => readTracedCalls(traceFile)));
  const lags = await Promise.all(system.apps.map(async ({ lagFile }) => readLoopLag(lagFile)));
  const processes = traces.map((calls, index) => ({
    calls: calls.length,
    lagP99Ms: lags[index]?.p99Ms,
    health: health[index],
  }));
  const all = traces.flat();
  const waits = new Map(
    pacingRegions.map(({ name }) => [name, all.filter(({ region }) => region === name).map(({ waitMs }) => waitMs)]),
  );
  return { processes, waits };
}

function byRegion(calls: readonly ModelCall[]): ReadonlyMap<string, readonly MeasuredCall[]> {
  return new Map(
    pacingRegions.map(({ name }) => [name, calls.filter(({ region }) => region === name).map(toMeasured)]),
  );
}

function toMeasured(call: ModelCall): MeasuredCall {
  const { at, cost, isAdmitted, status, clientRequestId } = call;
  return { at, cost, isAdmitted, isThrottled: status === 429, jobId: clientRequestId };
}
