import { arrivalNames } from './arrivals.ts';
import { faultNames } from './faults.ts';
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
const faultLoads: readonly LoadName[] = ['1M'];
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
          .map((workers) => ({ load, workers, window, arrival, fault: 'none' as const, seed: choice.seed }))
          .filter((run) => choice.isAll || isMain(run)),
      ),
    ),
  );
}

/** Each fault under saturation at 1M, where there are enough jobs for a fault to matter; everywhere when all are wanted. */
export function planFaultRuns(choice: RunChoice): readonly SimulationRun[] {
  const counts = choice.workers ?? [16, 256];
  const chosenWindows = windows.filter((window) => choice.window === undefined || choice.window === window);
  const chosenLoads = choice.isAll ? (choice.loads ?? loadNames) : faultLoads.filter((load) => isChosen(choice, load));
  return faultNames
    .filter((fault) => fault !== 'none')
    .flatMap((fault) =>
      chosenLoads.flatMap((load) =>
        chosenWindows.flatMap((window) =>
          counts.map((workers) => ({ load, workers, window, arrival: 'saturated' as const, fault, seed: choice.seed })),
        ),
      ),
    );
}

function isChosen({ loads }: RunChoice, load: LoadName): boolean {
  return loads === undefined || loads.includes(load);
}

function isMain({ arrival, window, workers }: SimulationRun): boolean {
  const isWaitShown = arrival === '85%' && window === 'sliding' && (workers === 1 || workers >= 16);
  return arrival === 'saturated' || isWaitShown;
}
