import type { Limits } from '../../local/azure-openai/limits/limit-plan.ts';
import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import { beginArrivals } from './arrivals.ts';
import { drawBetween } from './draws.ts';
import { faults, type FaultScenario } from './faults.ts';
import { injectFaults } from './inject-faults.ts';
import { type Load, loads } from './loads.ts';
import type { SimulationRow, SimulationRun } from './run-schema.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import { SimulatedService } from './simulated-service.ts';
import { SimulatedStore } from './simulated-store.ts';
import { SimulatedWorker, type SimulatedWorld } from './simulated-worker.ts';
import { bucketId } from './take-turn.ts';
import { Tally } from './tally.ts';
import { VirtualTime } from './virtual-time.ts';
import { WorkerClock } from './worker-clock.ts';

/** The first minute fills the empty window: the windows that are looked at begin after it. */
const minuteMs = 60_000;

export async function simulate(run: SimulationRun, signal?: AbortSignal): Promise<SimulationRow> {
  const startedAt = performance.now();
  const load = loads[run.load];
  const scenario = faults[run.fault];
  const random = seededRandom('run', run.seed, run.load, run.workers, run.window, run.arrival);
  // Any phase of a fixed minute, and of a cell.
  const startMs = 1_800_000_000_000 + Math.floor(random() * minuteMs);
  const time = new VirtualTime(startMs);
  const fromMs = startMs + minuteMs;
  const untilMs = fromMs + load.minutes * minuteMs;
  const world: SimulatedWorld = {
    time,
    load,
    store: new SimulatedStore({ time, random: seededRandom('store', run.seed), faults: scenario.store }),
    service: new SimulatedService(load.limits, run.window),
    queue: new SimulatedQueue(() => ({ cost: load.drawCost(random), arrivedMs: time.nowMs })),
    tally: new Tally({ fromMs, untilMs, workers: run.workers }),
  };
  const workers = startWorkers(world, run);
  beginArrivals(run.arrival, { time, queue: world.queue, load, random });
  injectFaults(scenario, { world, ...workers, random: seededRandom('faults', run.seed) });
  await time.run(untilMs, signal);
  const { lastThrottledAt } = world.tally;
  return {
    ...run,
    ...figures(world, meanLimits(load, scenario)),
    lastThrottledMs: Math.max(0, lastThrottledAt - startMs),
    wallMs: performance.now() - startedAt,
    events: time.happened,
  };
}

function startWorkers(
  world: SimulatedWorld,
  run: SimulationRun,
): { readonly workers: Map<number, SimulatedWorker>; readonly startWorker: (place: number) => void } {
  const workers = new Map<number, SimulatedWorker>();
  const { skewMs, clockErrorMs } = faults[run.fault];
  let started = 0;
  const startWorker = (place: number): void => {
    started += 1;
    const random = seededRandom('worker', run.seed, started);
    const errorMs = drawBetween(random, -clockErrorMs, clockErrorMs) + (place === 0 ? skewMs : 0);
    const worker = new SimulatedWorker(world, { place, clock: new WorkerClock(world.time, errorMs, random), random });
    workers.set(place, worker);
    worker.start();
  };
  for (let place = 0; place < run.workers; place += 1) {
    startWorker(place);
  }
  return { workers, startWorker };
}

/** What could have been admitted in a minute on average, were the limit lowered for a time. */
function meanLimits({ limits, minutes }: Load, { loweredLimit }: FaultScenario): Limits {
  const { forMs, factor } = loweredLimit ?? { forMs: 0, factor: 1 };
  const mean = 1 - ((1 - factor) * forMs) / ((minutes - 1) * minuteMs);
  return { tokensPerMinute: limits.tokensPerMinute * mean, requestsPerMinute: limits.requestsPerMinute * mean };
}

function figures(
  world: SimulatedWorld,
  limits: Limits,
): Omit<SimulationRow, keyof SimulationRun | 'lastThrottledMs' | 'wallMs' | 'events'> {
  const { store, tally, service } = world;
  const { admitted, throttled, missed } = tally.counts;
  const { operations, conflicts, requestUnits } = store.spent;
  // A job that is reserved and has not started yet has been paid for.
  const reserved = Math.max(1, (store.current(bucketId)?.requests.total ?? 0) - missed);
  return {
    utilisation: tally.utilisation(limits),
    throttledPer1000: (1000 * throttled) / Math.max(1, throttled + admitted),
    worstWindow: service.fullestWindow,
    bucketOpsPerJob: operations / reserved,
    ruPerJob: requestUnits / reserved,
    conflictRate: conflicts / Math.max(1, operations),
    jain: tally.jain,
    waitP50Ms: tally.waitQuantile(0.5),
    waitP99Ms: tally.waitQuantile(0.99),
    jobs: admitted,
    missed,
    corrections: (store.current(bucketId)?.epoch ?? 1) - 1,
  };
}
