import type { Random } from '../../local/azure-openai/seeded-random.ts';
import { drawExponential } from './draws.ts';
import { jobsPerSecond, type Load } from './loads.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How jobs come: always more than enough; 40 s of that and 10 s of none; or at random, 85 % of what the quota admits. */
export const arrivalNames = ['saturated', 'square-wave', '85%'] as const;
export type Arrival = (typeof arrivalNames)[number];

const waveOnMs = 40_000;
const waveOffMs = 10_000;
const share = 0.85;

export function beginArrivals(
  arrival: Arrival,
  deps: { readonly time: VirtualTime; readonly queue: SimulatedQueue; readonly load: Load; readonly random: Random },
): void {
  switch (arrival) {
    case 'saturated': {
      deps.queue.endless = true;
      return;
    }
    case 'square-wave': {
      wave(deps.time, deps.queue, true);
      return;
    }
    case '85%': {
      arriveAtRandom(deps);
      return;
    }
  }
}

function wave(time: VirtualTime, queue: SimulatedQueue, isOn: boolean): void {
  time.at(time.nowMs + (isOn ? waveOnMs : waveOffMs), () => wave(time, queue, !isOn));
  queue.endless = isOn;
}

function arriveAtRandom(deps: Parameters<typeof beginArrivals>[1]): void {
  const { time, queue, load, random } = deps;
  const meanMs = 1000 / (share * jobsPerSecond(load));
  time.at(time.nowMs + drawExponential(random, meanMs), () => {
    queue.add([{ cost: load.drawCost(random), arrivedMs: time.nowMs }]);
    arriveAtRandom(deps);
  });
}
