import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import { beginArrivals } from './arrivals.ts';
import { drawBetween } from './draws.ts';
import { type Load, loads } from './loads.ts';
import type { SimulationRow, SimulationRun } from './run-schema.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import { SimulatedService } from './simulated-service.ts';
import { SimulatedStore } from './simulated-store.ts';
import { SimulatedWorker, type SimulatedWorld } from './simulated-worker.ts';
import { noStoreFaults } from './store-faults.ts';
import { bucketId } from './take-turn.ts';
import { Tally } from './tally.ts';
import { VirtualTime } from './virtual-time.ts';
import { WorkerClock } from './worker-clock.ts';

/** The first minute fills the empty window: the windows that are looked at begin after it. */
const minuteMs = 60_000;

/** Clocks are off by up to this, in ms. */
const clockErrorMs = 25;

export async function simulate(run: SimulationRun, signal?: AbortSignal): Promise<SimulationRow> {
  const startedAt = performance.now();
  const load = loads[run.load];
  const random = seededRandom('run', run.seed, run.load, run.workers, run.window, run.arrival);
  // Any phase of a fixed minute, and of a cell.
  const startMs = 1_800_000_000_000 + Math.floor(random() * minuteMs);
  const time = new VirtualTime(startMs);
  const fromMs = startMs + minuteMs;
  const untilMs = fromMs + load.minutes * minuteMs;
  const world: SimulatedWorld = {
    time,
    load,
    store: new SimulatedStore({ time, random: seededRandom('store', run.seed), faults: noStoreFaults }),
    service: new SimulatedService(load.limits, run.window),
    queue: new SimulatedQueue(() => ({ cost: load.drawCost(random), arrivedMs: time.nowMs })),
    tally: new Tally({ fromMs, untilMs, workers: run.workers }),
  };
  for (let place = 0; place < run.workers; place += 1) {
    const own = seededRandom('worker', run.seed, place);
    const clock = new WorkerClock(time, drawBetween(own, -clockErrorMs, clockErrorMs), own);
    new SimulatedWorker(world, { place, clock, random: own }).start();
  }
  beginArrivals(run.arrival, { time, queue: world.queue, load, random });
  await time.run(untilMs, signal);
  return { ...run, ...figures(world, load), wallMs: performance.now() - startedAt, events: time.happened };
}

function figures(world: SimulatedWorld, load: Load): Omit<SimulationRow, keyof SimulationRun | 'wallMs' | 'events'> {
  const { store, tally, service } = world;
  const { admitted, throttled, missed } = tally.counts;
  const { operations, conflicts, requestUnits } = store.spent;
  // A job that is reserved and has not started yet has been paid for.
  const reserved = Math.max(1, (store.current(bucketId)?.requests.total ?? 0) - missed);
  return {
    utilisation: tally.utilisation(load.limits),
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
  };
}
