import { arrivalNames } from './arrivals.ts';
import { type LoadName, loadNames } from './loads.ts';
import type { SimulationRun } from './run-schema.ts';

export interface RunChoice {
  readonly isAll: boolean;
  readonly seed: string;
  /** Only these, when given. */
  readonly loads: readonly LoadName[] | undefined;
  readonly workers: readonly number[] | undefined;
  readonly window: 'sliding' | 'fixed' | undefined;
}

const windows = ['sliding', 'fixed'] as const;
const fewWorkers = [1, 4, 16, 64, 256] as const;
const allWorkers = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/**
 * The runs of a choice: saturation for every load, number of workers and window; the waits at 85 % load for a few. All
 * of them: every number of workers, the square wave, and 85 % load everywhere.
 */
export function planRuns(choice: RunChoice): readonly SimulationRun[] {
  const counts = choice.workers ?? (choice.isAll ? allWorkers : fewWorkers);
  const chosenWindows = windows.filter((window) => choice.window === undefined || choice.window === window);
  const chosenLoads = choice.loads ?? loadNames;
  return arrivalNames.flatMap((arrival) =>
    chosenLoads.flatMap((load) =>
      chosenWindows.flatMap((window) =>
        counts
          .map((workers) => ({ load, workers, window, arrival, seed: choice.seed }))
          .filter((run) => choice.isAll || isMain(run)),
      ),
    ),
  );
}

function isMain({ arrival, window, workers }: SimulationRun): boolean {
  const isWaitShown = arrival === '85%' && window === 'sliding' && (workers === 1 || workers >= 16);
  return arrival === 'saturated' || isWaitShown;
}
