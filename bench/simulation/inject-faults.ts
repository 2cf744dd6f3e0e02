import type { Random } from '../../local/azure-openai/seeded-random.ts';
import { drawBetween, drawExponential } from './draws.ts';
import type { FaultScenario } from './faults.ts';
import type { SimulatedWorker, SimulatedWorld } from './simulated-worker.ts';

/** A message whose receiver is gone comes back when its lock expires, in ms. */
const lockMs = 60_000;

/** How long the place of a worker that vanished stays empty, in ms. */
const replacedAfterMs = 10_000;

const stallMs = { least: 300, most: 3000 };

/** Lets the faults of a scenario happen to the world and its workers. */
export function injectFaults(
  scenario: FaultScenario,
  target: {
    readonly world: SimulatedWorld;
    /** By place; one that vanished is gone from it. */
    readonly workers: Map<number, SimulatedWorker>;
    readonly startWorker: (place: number) => void;
    readonly random: Random;
  },
): void {
  const { world, workers, startWorker, random } = target;
  const { time } = world;
  const { crashEveryMs, stalledShare, loweredLimit } = scenario;
  const crash = (everyMs: number): void => {
    time.at(time.nowMs + everyMs, () => {
      const place = Math.floor(random() * workers.size);
      const jobs = workers.get(place)?.crash() ?? [];
      workers.delete(place);
      time.at(time.nowMs + lockMs, () => world.queue.add(jobs));
      time.at(time.nowMs + replacedAfterMs, () => startWorker(place));
      crash(everyMs);
    });
  };
  const stall = (place: number, meanGapMs: number): void => {
    time.at(time.nowMs + drawExponential(random, meanGapMs), () => {
      workers.get(place)?.stall(drawBetween(random, stallMs.least, stallMs.most));
      stall(place, meanGapMs);
    });
  };
  if (crashEveryMs !== undefined) {
    crash(crashEveryMs);
  }
  if (stalledShare > 0) {
    for (const place of workers.keys()) {
      stall(place, (stallMs.least + stallMs.most) / 2 / stalledShare);
    }
  }
  if (loweredLimit !== undefined) {
    const { tokensPerMinute, requestsPerMinute } = world.service.limits;
    const { fromMs, forMs, factor } = loweredLimit;
    const lowered = {
      tokensPerMinute: Math.floor(tokensPerMinute * factor),
      requestsPerMinute: Math.floor(requestsPerMinute * factor),
    };
    const startMs = time.nowMs;
    time.at(startMs + fromMs, () => world.service.changeLimits(lowered, time.nowMs));
    time.at(startMs + fromMs + forMs, () =>
      world.service.changeLimits({ tokensPerMinute, requestsPerMinute }, time.nowMs),
    );
  }
}
